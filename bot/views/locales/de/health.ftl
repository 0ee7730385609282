# Was Admins in ihren privaten Chats erfahren, wenn mit dem laufenden Bot etwas nicht stimmt, und wenn es vorbei ist.
# $lasted_min sagt, wie lange es dauerte.

health-database-file = Meine Datenbankdatei <code>{ $file }</code> wurde im laufenden Betrieb gelöscht oder ersetzt. Was ich ab jetzt speichere, geht verloren, sobald ich beendet werde. Beende mich bitte, leg die Datei oder eine Sicherung an ihren Platz und starte mich wieder.
health-database-file-over = Meine Datenbankdatei ist wieder an ihrem Platz.
health-clock = Die Uhr dieses Computers geht falsch: Sie geht { $minutes } Min. { $direction ->
        [ahead] vor
       *[behind] nach
    }. Ich richte mich nach der Uhr von Telegram, Nachrichten werden also trotzdem beantwortet. Stell sie bitte: Die Zeiten in meinem Protokoll sind falsch, und sichere Verbindungen können scheitern.
health-clock-over = Die Uhr dieses Computers geht wieder richtig.
health-disk = Der Datenträger mit meinen Daten ist fast voll: { $free_mb } MB sind frei, das sind { $percent } %. Wenn er voll ist, kann ich nichts mehr speichern. Schaff bitte Platz.
health-disk-over = Auf dem Datenträger mit meinen Daten ist wieder Platz.
health-polling = Seit { $minutes } Min. kann ich keine Nachrichten von Telegram abholen. Telegram hebt sie einen Tag lang auf. Mehr steht im Protokoll.
health-polling-over = Ich kann wieder Nachrichten von Telegram abholen; { $lasted_min } Min. lang ging es nicht.
health-webhook = Telegram kann mir keine Nachrichten zustellen: { $reason }. Telegram hebt sie einen Tag lang auf und versucht es weiter. Bitte prüfe die Adresse in LABELBOT_WEBHOOK_URL, ihr Zertifikat und den Proxy davor.
health-webhook-over = Telegram stellt mir wieder Nachrichten zu; { $lasted_min } Min. lang ging es nicht.
health-webhook-replaced = Ein anderes Programm hat mir die Nachrichten weggenommen: Es hat meinen Webhook entfernt oder ersetzt. Ich habe ihn wieder gesetzt. Wenn du das Programm nicht kennst, lass @BotFather mein Token widerrufen.
health-webhook-replaced-over = Meine Nachrichten kommen wieder zu mir; { $lasted_min } Min. lang bekam sie ein anderes Programm.
health-workers = Meine Arbeitsprozesse brechen immer wieder ab: { $count }-mal in den letzten { $minutes } Min. Fotos werden spät oder gar nicht beantwortet. Meist fehlt Arbeitsspeicher; mehr steht im Protokoll.
health-workers-over = Meine Arbeitsprozesse laufen wieder stabil.
health-cluster = Ich habe die Verbindung zum Cluster verloren: { $reason }. Neue Fotos warten, und ich versuche weiter, ihn zu erreichen.
health-cluster-over = Ich bin wieder mit dem Cluster verbunden; { $lasted_min } Min. lang war ich es nicht.
# $models sind Namen von Modellen, $instead ebenso.
health-model = Fehlt oder ist defekt: <b>{ $models }</b>. Bis das behoben ist, antwortet stattdessen <b>{ $instead }</b>. /models zeigt, welche Modelle es gibt.
health-model-over = Die Modelle, die antworten sollen, sind alle wieder da.
# $reason ist ein englischer Satz.
health-backup = Die letzte Sicherung ist fehlgeschlagen. { $reason }
health-backup-over = Eine Sicherung ist wieder gelungen.
