# Notices to admins in their private chats: a fault of the running bot begins, or is over.
# $lasted_min: minutes that the fault lasted.

health-database-file = My database file, <code>{ $file }</code>, was deleted or replaced while I run. Whatever I store from now on is lost when I stop. Please stop me, put the file or a backup in its place, and start me again.
health-database-file-over = My database file is in its place again.
health-clock = This computer's clock is wrong: it is { $minutes } min { $direction ->
        [ahead] ahead
       *[behind] behind
    }. I go by Telegram's clock, so messages are answered all the same. Please set it: the times in my log are wrong, and secure connections may fail.
health-clock-over = This computer's clock is right again.
health-disk = The disk with my data is almost full: { $free_mb } MB are free, { $percent } % of it. Once it is full, I can't store anything. Please make room.
health-disk-over = The disk with my data has room again.
health-polling = I have not been able to fetch messages from Telegram for { $minutes } min. Telegram keeps them for a day. My log says more.
health-polling-over = I can fetch messages from Telegram again, after { $lasted_min } min without.
health-webhook = Telegram cannot deliver messages to me: { $reason }. It keeps them for a day and tries again. Please check the address in LABELBOT_WEBHOOK_URL, its certificate and the proxy before me.
health-webhook-over = Telegram delivers messages to me again, after { $lasted_min } min without.
health-webhook-replaced = Another program has taken my messages: it removed or replaced my webhook. I have set it again. If you do not know that program, have @BotFather revoke my token.
health-webhook-replaced-over = My messages come to me again; another program took them for { $lasted_min } min.
health-workers = My worker processes keep dying: { $count } times in the last { $minutes } min. Photos are answered late or not at all. Most often there is too little memory; my log says more.
health-workers-over = My worker processes no longer die.
health-cluster = I've lost the connection to the cluster: { $reason }. New photos wait, and I keep trying to connect.
health-cluster-over = I'm connected to the cluster again, after { $lasted_min } min without.
# $models, $instead: names of models.
health-model = Missing or broken: <b>{ $models }</b>. Until that is fixed, <b>{ $instead }</b> answers instead. /models shows which models there are.
health-model-over = The models that should answer are all there again.
# $reason: English sentence.
health-backup = The last backup failed. { $reason }
health-backup-over = A backup was made again.
