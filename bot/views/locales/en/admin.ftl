# For admins of the bot: permissions, statistics, workers and bans.

admin-only = Only my operator can do that. (If that's you: add your id { $id } to LABELBOT_ADMINS.)
admin-written-as-group = I can't tell who you are while you post as the group. Please write under your own name.

# /stats

admin-stats-uptime-days = <b>Up for { $days } d { $hours } h</b>
admin-stats-uptime-hours = <b>Up for { $hours } h { $minutes } min</b>
admin-stats-uptime-minutes = <b>Up for { $minutes } min</b>
admin-stats-photos =
    { $count ->
        [one] { $count } photo
       *[other] { $count } photos
    }
admin-stats-seen-before = { $count } seen before
admin-stats-latency = half within { NUMBER($p50, maximumFractionDigits: 0) } ms, 95 of 100 within { NUMBER($p95, maximumFractionDigits: 0) } ms
admin-stats-last-minute = { $count } in the last minute
# Counts of the past year, across restarts; failures are messages that got an apology.
admin-stats-year =
    Past year: { $photos ->
        [one] { $photos } photo
       *[other] { $photos } photos
    } · { $seen_before } seen before · { $failures } not answered
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending =
    { $count ->
        [one] { $count } photo in progress
       *[other] { $count } photos in progress
    }
# Messages that wait for Telegram's limits, and messages that were given up.
admin-stats-messages = Messages waiting: { $waiting } · given up: { $given_up }
admin-stats-memory = { NUMBER($mb, maximumFractionDigits: 0) } MB in total
# Updates of the past year that the bot could not read; the log has their kinds.
admin-stats-left-out = Unreadable updates: { $count }
# Sends of which Telegram never said whether they arrived.
admin-stats-unknown-fate = Messages that may have been sent twice: { $count }

# /workers: $ready of $count processes are ready.

admin-workers-ready =
    { $count ->
        [one] { $ready } of { $count } worker ready
       *[other] { $ready } of { $count } workers ready
    }
admin-workers-hint = <code>/workers 4</code> changes the number until I'm restarted.
admin-workers-set =
    { $count ->
        [one] OK, { $count } worker, until I'm restarted.
       *[other] OK, { $count } workers, until I'm restarted.
    }
admin-workers-refused = Please give me a number from 1 to { $most }. More than two workers per core only use up memory.

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
