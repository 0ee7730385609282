# For admins of the bot: permissions, statistics, workers and bans.

admin-only = Only my operator can do that. (If that's you: add your id { $id } to LABELBOT_ADMINS.)
admin-written-as-group = I can't tell who you are while you post as the group. Please write under your own name.

# /stats

admin-stats-uptime-days = <b>Running for { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>Running for { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>Running for { $minutes } min</b>
admin-stats-photos = Photos answered: { $count }, of which { $seen_before } at once, as I had seen them before
admin-stats-latency = Time to look at a new photo: typically { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 of 20 within { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-now = Photos in the last minute: { $count } · in progress: { $pending } · messages waiting: { $waiting }
admin-stats-given-up = Messages given up, as Telegram didn't take them in time: { $count }
admin-stats-memory = memory used: { NUMBER($mb, maximumFractionDigits: 0) } MB
# Counts of the past year, across restarts.
admin-stats-year-title = <b>The past year</b>
admin-stats-year = Photos answered: { $photos }, of which { $seen_before } seen before · messages I couldn't answer: { $failures }
admin-stats-left-out = Updates from Telegram that I couldn't read: { $count }
admin-stats-unknown-fate = Messages that may have been sent twice: { $count }
admin-stats-models = <b>Models since the start</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = photos answered: { $count } (seen before: { $seen_before })
admin-stats-model-latency = typically { NUMBER($p50, maximumFractionDigits: 0) } ms, 19 of 20 within { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-not-alike = <i>Each model looked at other photos, so their times can't be compared.</i>

# Votes of people: $figure is one of the texts admin-live-figure and admin-live-too-few.
admin-live-title = <b>What people say about my answers</b>
admin-live-none = Nobody has told me yet whether an answer was right.
admin-live-sure = <b>{ $name }</b>, when sure: { $figure }
admin-live-unsure = <b>{ $name }</b>, best guess when not sure: { $figure }
admin-live-taught = <b>{ $name }</b>, what it was taught: { $figure }
admin-live-figure = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } right ({ NUMBER($low, style: "percent", maximumFractionDigits: 0) } to { NUMBER($high, style: "percent", maximumFractionDigits: 0) } with 95% confidence) · photos: { $photos }
admin-live-too-few = too few photos to say: { $photos } of { $needed }
admin-live-disputed = Photos that don't count, as people disagree: { $count }
admin-live-confusion = Often corrected, { $name }: { $said } → { $label } · photos: { $photos }
admin-live-note = <i>From photos that someone judged with a button or with 👍 and 👎 (days counted: { $days }). People who do that are no random sample, so don't compare these shares with those in /models.</i>

# /workers: $ready of $count processes are ready.

admin-workers-ready =
    { $count ->
        [one] { $ready } of { $count } worker ready
       *[other] { $ready } of { $count } workers ready
    }
admin-workers-hint = <code>/workers { $most }</code> changes the number until I'm restarted.
admin-workers-set =
    { $count ->
        [one] OK, { $count } worker, until I'm restarted.
       *[other] OK, { $count } workers, until I'm restarted.
    }
admin-workers-refused = Please give me a number from 1 to { $most }. More than two workers per core only use up memory.
admin-cluster = Ray cluster at { $address }, Ray { $ray }, Python { $python }
admin-cluster-node = { $name } · cores: { $cores } · workers: { $workers }
admin-cluster-fault = { $name } can't label: { $reason }
admin-cluster-unchecked = { $name } has just joined.
admin-cluster-more = More nodes: { $count }
admin-cluster-refused = Please give me a number from 1 to { $most }, the cores of the cluster.

# /ban, /unban

admin-ban-usage = Who? Use <code>/ban ID</code> (a person or a chat), or reply to a message with <code>/ban</code>.
admin-unban-usage = Who? Use <code>/unban ID</code>. /ban lists them.
admin-banned-list = Banned:
admin-banned-nobody = Nobody is banned.
admin-banned-more = and { $count } more
admin-ban-an-admin = Admins can't be banned.
admin-banned = I'll ignore { $id } from now on. /unban { $id } undoes it.
admin-unbanned = I no longer ignore { $id }.
admin-was-not-banned = { $id } wasn't banned.
