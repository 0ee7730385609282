# How admins choose and install the models.

models-count =
    { $count ->
        [one] <b>{ $count } model</b>
       *[other] <b>{ $count } models</b>
    }
models-more = and { $count } more: <code>labelbot models list</code>

# A line of the list holds the name and facts like these.
models-fact-broken = broken
models-fact-labels =
    { $count ->
        [one] { $count } label
       *[other] { $count } labels
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-fact-accuracy = { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } right
models-fact-everywhere = answers everywhere
models-fact-chats =
    { $count ->
        [one] chosen in { $count } chat
       *[other] chosen in { $count } chats
    }
models-use-button = Use { $name }

# Switching. $place is "here", in this chat alone, or "everywhere".

models-use-usage = Which one? <code>/use NAME</code>, or <code>/use NAME here</code> for this chat alone. /models lists them.
models-rollback-usage = <code>/rollback</code>, or <code>/rollback here</code> for this chat alone.
models-trying = I'm trying { $name } ...
models-as-before =
    { $place ->
        [here] <b>{ $name }</b> answers here, as before.
       *[everywhere] <b>{ $name }</b> answers everywhere, as before.
    }
models-switched =
    { $place ->
        [here] <b>{ $name }</b> answers here now.
       *[everywhere] <b>{ $name }</b> answers everywhere now.
    }
models-way-back =
    { $place ->
        [here] /rollback here returns to { $name }.
       *[everywhere] /rollback returns to { $name }.
    }
models-seen = It sees { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }) in the sample photo.
models-works = <b>{ $name }</b> works.
models-broken = <b>{ $name }</b> does not work: { $reason }
models-removed = { $name } is removed.
models-remove-usage = Which one? <code>/remove NAME</code>. /models lists them.
models-not-done = Nothing has changed: { $reason }

# Why a switch, a removal or a pull was refused.

models-refused-chosen-already = Nothing has changed: { $name } was chosen already.
models-refused-nothing-before = There is nothing to go back to: no model was chosen yet.
models-refused-nothing-chosen = No model was chosen for this chat.
models-refused-in-use = Nothing has changed: { $name } is in use. Choose another model first.
models-refused-installed-already = Nothing has changed: { $name } is installed already. /models lists what is installed.
models-refused-pull-under-way = Nothing has changed: { $name } is being pulled, and I pull one model at a time.
models-refused-pull-stopped = The pull of { $name } was stopped. The next one goes on from there.

# /pull. $subject is the name of a file or a network.

models-all-installed = All published models that I know are installed.
models-pull-usage = To install a published one, <code>/pull NAME</code>; <code>/pull NAME ADDRESS</code> takes it from a mirror:
models-pull-starting = <b>{ $name }</b>: starting ...
models-pull-downloading = <b>{ $name }</b>: downloading { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: unpacking { $subject } ...
models-pull-compiling = <b>{ $name }</b>: compiling { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } of { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } MB
models-pull-stop-button = Stop
models-pulled = <b>{ $name }</b> is installed.
models-pull-stopping = I'm stopping it.
models-no-pull = Nothing is being pulled.

# Buttons under old messages.

models-button-without-model = That model is no longer installed.
