# Was aus Nachrichten wird, die nicht rechtzeitig beantwortet werden konnten.

inbox-too-old = Entschuldigung, ich war weg und habe verpasst, was du geschickt hast. Schick es bitte noch einmal, wenn du noch eine Antwort möchtest.
inbox-retired = Entschuldigung, ich habe es mehrmals versucht und konnte das nicht beantworten. Schick es bitte nicht noch einmal; die Leute, die mich betreiben, wissen Bescheid.

# An die Leute, die den Bot betreiben; $id ist die Kennung der Nachricht, wie im Protokoll.
inbox-retired-for-admins =
    { $count ->
        [one] Ich habe Update { $id } aufgegeben: Ich wurde { $count } Mal neu gestartet, während ich daran arbeitete. Mehr steht im Protokoll.
       *[other] Ich habe Update { $id } aufgegeben: Ich wurde { $count } Mal neu gestartet, während ich daran arbeitete. Mehr steht im Protokoll.
    }
