# Antworten auf Befehle, die alle geben können, und auf Nachrichten, die keine sind.

commands-start =
    <b>Hallo! Schick mir ein Foto, und ich sage dir, was ich darauf sehe.</b>

    { $knows }

    Du kannst mir auch ein Bild als Datei, einen Sticker oder einen Link zu einem Bild schicken. Mehr dazu unter /help.

commands-help =
    <b>Schick mir ein Foto</b>, ein Bild als Datei, einen Sticker oder einen Link zu einem Bild. Bei GIFs und Videos sehe ich mir ein einzelnes Bild an.

    { $knows }

    /top 3: drei Begriffe zeigen (1 bis 10)
    /model: welches Modell ich hier verwende
    /label: antworte damit auf ein Foto, und ich sehe es mir an
    /teach Rex: antworte damit auf ein Foto, und ich erkenne Rex ab dann
    /classes: sehen und ändern, was ich hier gelernt habe
    /settings: einstellen, wie ich hier arbeite, oder in deinen Gruppen und Kanälen
    /privacy: was ich speichere und was nicht
    /deletemydata: alles löschen, was ich über dich weiß

    In einer Gruppe: Antworte auf ein Foto mit <code>/label</code> oder meinem Namen, oder schreib meinen Namen unter ein Foto. Admins können einstellen, dass ich mir jedes Foto ansehe.

commands-knows-everyday = Ich kenne tausend Dinge: Tiere, Essen, Fahrzeuge, Alltagsgegenstände.
commands-knows-own = Ich verwende hier das Modell <b>{ $model }</b>. Mehr darüber sagt /model.

commands-label-needs-a-photo = Antworte auf ein Foto mit /label, und ich sage dir, was ich darauf sehe.
commands-send-a-photo = Schick mir ein Foto, und ich sage dir, was ich darauf sehe. Mit /teach lerne ich deine eigenen Dinge. Alles Weitere zeigt /help.
commands-unknown = Diesen Befehl kenne ich nicht. Welche ich kenne, steht unter /help.
commands-borrowed = Dieser Befehl wurde weitergeleitet oder stammt von einem anderen Bot, deshalb führe ich ihn nicht aus. Bitte tippe ihn selbst ein.

# $count ist die Zahl der Begriffe, von $min bis $max.
commands-top =
    { $count ->
        [one] Ich zeige den passendsten Begriff. Ändern kannst du das mit <code>/top 3</code> und jeder Zahl von { $min } bis { $max }.
       *[other] Ich zeige die { $count } passendsten Begriffe. Ändern kannst du das mit <code>/top 3</code> und jeder Zahl von { $min } bis { $max }.
    }
commands-top-set =
    { $count ->
        [one] OK, ich zeige hier den passendsten Begriff.
       *[other] OK, ich zeige hier die { $count } passendsten Begriffe.
    }
commands-top-refused = Gib mir bitte eine Zahl von { $min } bis { $max }, zum Beispiel so: <code>/top 3</code>

# Wer das Modell gewählt hat: ein Admin dieses Chats, der Admin des Bots für alle Chats, oder niemand.
commands-model-here = Es wurde für diesen Chat gewählt.
commands-model-everywhere = Es wurde für alle Chats gewählt.
commands-model-default = Es ist mein Standardmodell.

# $labels ist die Zahl der Begriffe, die das Modell $name kennt.
commands-model =
    { $labels ->
        [one] Ich verwende hier das Modell <b>{ $name }</b>. Es kennt { $labels } Begriff.
       *[other] Ich verwende hier das Modell <b>{ $name }</b>. Es kennt { $labels } Begriffe.
    }

    <i>Version { $version } · Lizenz { $licence }</i>

commands-words-help = hilfe, hilf mir, bitte hilfe, befehle, was kannst du, was kannst du alles, wie geht das
commands-words-thanks = danke, vielen dank, danke schön, dankeschön, danke dir, super, toll, prima
commands-you-are-welcome = Gern! Schick mir jederzeit ein weiteres Foto.
