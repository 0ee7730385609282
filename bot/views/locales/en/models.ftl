# For admins of the bot: choosing and installing models.

models-count =
    { $count ->
        [one] <b>{ $count } model</b>
       *[other] <b>{ $count } models</b>
    }
models-more = and { $count } more: <code>labelbot models list</code>

# A line of the list has the name and facts like these.
models-fact-broken = broken
models-fact-labels =
    { $count ->
        [one] { $count } label
       *[other] { $count } labels
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } right on { $images }
models-fact-accuracy-own = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } right on its own held-out photos
models-fact-accuracy-unknown = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } right, on unknown photos
models-fact-everywhere = used everywhere
models-fact-chats =
    { $count ->
        [one] chosen in { $count } chat
       *[other] chosen in { $count } chats
    }
models-not-alike = <i>Shares that were measured on different photos can't be compared: some photos are harder.</i>
models-use-button = Use { $name }

# Switching. $place is "here" (this chat only) or "everywhere".

models-use-usage = Which one? <code>/use NAME</code>, or <code>/use NAME here</code> for this chat only. /models lists them.
models-rollback-usage = Use <code>/rollback</code>, or <code>/rollback here</code> for this chat only.
models-trying = I'm trying { $name } ...
models-as-before =
    { $place ->
        [here] I'm still using <b>{ $name }</b> here.
       *[everywhere] I'm still using <b>{ $name }</b> everywhere.
    }
models-switched =
    { $place ->
        [here] I'm using <b>{ $name }</b> here now.
       *[everywhere] I'm using <b>{ $name }</b> everywhere now.
    }
models-way-back =
    { $place ->
        [here] /rollback here goes back to { $name }.
       *[everywhere] /rollback goes back to { $name }.
    }
models-seen = It sees { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }) in the sample photo.
models-works = <b>{ $name }</b> works.
models-broken = <b>{ $name }</b> doesn't work: { $reason }
models-removed = { $name } has been removed.
models-remove-usage = Which one? <code>/remove NAME</code>. /models lists them.
models-not-done = Nothing has changed: { $reason }

# Reasons to refuse a switch, a removal or a download.

models-refused-chosen-already = Nothing has changed: { $name } was already chosen.
models-refused-nothing-before = There's nothing to go back to.
models-refused-in-use = Nothing has changed: { $name } is in use. Choose another model first.
models-refused-installed-already = Nothing has changed: { $name } is already installed. /models lists what is installed.
models-refused-pull-under-way = Nothing has changed: I'm already downloading { $name }, and I download one model at a time.
models-refused-pull-stopped = The download of { $name } was stopped. The next one continues from there.
models-refused-of-a-chat = { $name } was made from what another chat taught me, and that stays in that chat.

# /pull. $subject is the name of a file or a network.

models-all-installed = All the published models I know are installed.
models-pull-usage = Install a published model with <code>/pull NAME</code>, or from a mirror with <code>/pull NAME ADDRESS</code>:
models-pull-starting = <b>{ $name }</b>: starting ...
models-pull-downloading = <b>{ $name }</b>: downloading { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: unpacking { $subject } ...
models-pull-compiling = <b>{ $name }</b>: compiling { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } of { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-pull-stop-button = Stop
models-pulled = <b>{ $name }</b> is installed.
models-pull-stopping = I'm stopping the download.
models-no-pull = No model is being downloaded.

# Buttons of old messages.

models-button-without-model = That model is no longer installed.
