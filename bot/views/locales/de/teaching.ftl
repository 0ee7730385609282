# /teach und das Gespräch, das darauf folgt. $name ist der Name dessen, was ich lerne.

# Die Frage nach der Einwilligung, und darunter die Bedingungen.
teaching-consent = <b>Darf ich behalten, was ich aus Fotos lerne, mit denen du mir hier etwas beibringst?</b>
teaching-consent-for-photo = <b>Darf ich { $name } aus diesem Foto von dir lernen?</b> Jemand hier möchte es mir damit beibringen. Ich behalte nichts davon, wenn du nicht zustimmst.
teaching-terms =
    <b>Was ich behalte:</b> zu jedem Foto Zahlen, die es beschreiben, Telegrams ID des Fotos, deine ID und den Namen. Das Foto selbst nicht.
    <b>Wozu:</b> um dasselbe auf späteren Fotos in diesem Chat zu erkennen, und nirgends sonst. Mein Betreiber kann daraus ein besseres Modell für diesen Chat bauen.
    <b>Wie lange:</b> bis du es zurücknimmst, der Name hier vergessen wird oder ich aus diesem Chat entfernt werde.
    <b>Wer es sieht:</b> alle in diesem Chat sehen die Namen, und die Fotos, solange Telegram sie hat: /classes
    <b>Zurücknehmen:</b> wann immer du willst. /privacy zeigt deine Fotos einzeln, /deletemydata löscht alles.
teaching-agree = Zustimmen
teaching-refuse = Nein
teaching-nothing-kept = OK, ich habe nichts behalten.

# Fragen, bis ein Name und Fotos da sind.
teaching-ask-name = Wie soll ich es nennen? Schick mir den Namen.
teaching-ask-name-in-group = Wie soll ich es nennen? Antworte auf diese Nachricht mit dem Namen.
teaching-ask-photos = Schick mir jetzt Fotos von <b>{ $name }</b>, am besten von mehreren Seiten. Tippe dann auf „Fertig“.
teaching-ask-photos-in-group = Antworte jetzt auf diese Nachricht mit Fotos von <b>{ $name }</b>, am besten von mehreren Seiten. Tippe dann auf „Fertig“.
teaching-got =
    { $count ->
        [one] Ich habe { $count } Foto von <b>{ $name }</b>. Schick mir mehr, oder tippe auf „Fertig“.
       *[other] Ich habe { $count } Fotos von <b>{ $name }</b>. Schick mir mehr, oder tippe auf „Fertig“.
    }
teaching-got-in-group =
    { $count ->
        [one] Ich habe { $count } Foto von <b>{ $name }</b>. Antworte auf diese Nachricht mit weiteren, oder tippe auf „Fertig“.
       *[other] Ich habe { $count } Fotos von <b>{ $name }</b>. Antworte auf diese Nachricht mit weiteren, oder tippe auf „Fertig“.
    }
teaching-done = Fertig
teaching-cancel = Abbrechen
teaching-learning =
    { $count ->
        [one] Ich lerne <b>{ $name }</b> aus { $count } Foto ...
       *[other] Ich lerne <b>{ $name }</b> aus { $count } Fotos ...
    }
teaching-asked-sender =
    { $count ->
        [one] Ich habe gefragt, von wem das Foto ist: Darf ich daraus lernen?
       *[other] Ich habe gefragt, von wem die { $count } Fotos sind: Darf ich daraus lernen?
    }

# Was ich gelernt habe. $count ist die Zahl der Fotos, $added die der neuen.
teaching-known =
    { $count ->
        [one] Ich kenne hier jetzt <b>{ $name }</b> ({ $count } Foto).
       *[other] Ich kenne hier jetzt <b>{ $name }</b> ({ $count } Fotos).
    }
teaching-known-better =
    { $count ->
        [one] Ich kenne <b>{ $name }</b> jetzt besser ({ $count } Foto, davon { $added } neu).
       *[other] Ich kenne <b>{ $name }</b> jetzt besser ({ $count } Fotos, davon { $added } neu).
    }
teaching-known-before =
    { $count ->
        [one] Ich kenne <b>{ $name }</b> wie vorher ({ $count } Foto).
       *[other] Ich kenne <b>{ $name }</b> wie vorher ({ $count } Fotos).
    }
teaching-held-out = Zur Probe jedes einmal weggelassen: { $recognised } von { $total } erkannt.
teaching-held-out-nearest = Zur Probe jedes einmal weggelassen: { $recognised } von { $total } erkannt. Am ähnlichsten ist sonst: { $nearest }.
teaching-one-photo = Ein Foto ist ein guter Anfang. Mit zwei weiteren, von anderen Seiten, erkenne ich es besser und kann dir sagen, wie gut.
teaching-one-photo-nearest = Ein Foto ist ein guter Anfang; am ähnlichsten ist sonst: { $nearest }. Mit zwei weiteren, von anderen Seiten, erkenne ich es besser und kann dir sagen, wie gut.
teaching-nearest = Am ähnlichsten ist sonst: { $nearest }.
teaching-weak = Das reicht noch nicht. Mehr Fotos helfen, von anderen Seiten und in anderem Licht.
teaching-two-ways = Ich habe zwei Arten probiert, alles hier Gelernte auseinanderzuhalten: Der Durchschnitt der Fotos liegt bei { NUMBER($mean, style: "percent", maximumFractionDigits: 0) } der ausgelassenen Fotos richtig, ein trainierter Klassifikator bei { NUMBER($head, style: "percent", maximumFractionDigits: 0) }. Ich nehme die bessere.
teaching-one-of-album = Das Foto gehört zu einem Album, und ich habe nur dieses eine bekommen. Antworte auch auf die anderen mit /teach, wenn ich aus allen lernen soll.
teaching-left-out =
    { $count ->
        [one] { $count } Foto habe ich weggelassen. { $reason }
       *[other] { $count } Fotos habe ich weggelassen. { $reason }
    }
teaching-had-already =
    { $count ->
        [one] { $count } Foto davon hatte ich schon.
       *[other] { $count } Fotos davon hatte ich schon.
    }
teaching-undo = Rückgängig
teaching-undone = OK, was ich daraus gelernt habe, ist vergessen.

# Fragen zu einzelnen Fotos; $number ist die Nummer des Fotos.
teaching-near-copy =
    { $single ->
        [yes] Es ist fast dasselbe wie ein Foto, das ich schon habe. Ich lerne daraus wenig.
       *[no] Foto { $number } ist fast dasselbe wie eines, das ich schon habe. Ich lerne daraus wenig.
    }
teaching-near-copy-remove =
    { $single ->
        [yes] Weglassen
       *[no] Foto { $number } weglassen
    }
teaching-two-names =
    { $single ->
        [yes] Es ist auch <b>{ $other }</b>, so habe ich es früher gelernt. Was stimmt?
       *[no] Foto { $number } ist auch <b>{ $other }</b>, so habe ich es früher gelernt. Was stimmt?
    }
teaching-looks-like =
    { $single ->
        [yes] Es sieht für mich eher wie <b>{ $other }</b> aus. Was stimmt?
       *[no] Foto { $number } sieht für mich eher wie <b>{ $other }</b> aus. Was stimmt?
    }
teaching-it-is =
    { $single ->
        [yes] Es ist { $name }
       *[no] { $number }: { $name }
    }
teaching-both =
    { $single ->
        [yes] Beides
       *[no] { $number }: beides
    }
teaching-choice-removed = OK, ich habe es weggelassen.
teaching-choice-made = OK, es ist { $name }.
teaching-choice-both = OK, ich behalte beides.

# Gründe, aus denen ich aus einem Foto nicht lernen kann.
teaching-no-photo = In der Nachricht, auf die du geantwortet hast, ist kein Foto. Antworte auf ein Foto mit <code>/teach Rex</code>, oder schick <code>/teach</code> allein, und ich frage dich nach Fotos.
teaching-elsewhere = Das Foto ist in einem anderen Chat oder Thema, und was ich lerne, bleibt in dem Chat, in dem es mir gegeben wurde. Schick das Foto bitte hier.
teaching-answer-forgotten = Ich weiß nicht mehr, um welches Foto es da ging. Antworte bitte auf das Foto selbst.
teaching-from-web = Dieses Bild kam aus einem Link. Schick es bitte hier als Foto.
teaching-answer-of-others = Antworte bitte auf das Foto selbst, damit ich fragen kann, von wem es ist.
teaching-by-channel = Das kommt von einem Kanal, da ist niemand, den ich fragen könnte. Daraus kann ich nicht lernen.
teaching-by-anonymous-admin = Das kommt von einem anonymen Admin, den ich nicht fragen kann. Daraus kann ich nicht lernen.
teaching-by-bot = Das kommt von einem Bot, und zustimmen können nur Menschen. Daraus kann ich nicht lernen.
teaching-by-former-member = Wer das geschickt hat, ist nicht mehr hier, also kann ich nicht fragen. Daraus kann ich nicht lernen.
teaching-as-group = Du schreibst im Namen einer Gruppe oder eines Kanals, also weiß ich nicht, wer du bist und ob du zustimmst. Schreib bitte als du selbst, um mir etwas beizubringen.
teaching-in-channel = In einem Kanal schreibt niemand persönlich, also könnte niemand zustimmen, dass ich aus einem Foto lerne. Bring es mir bitte in einer Gruppe oder in einem privaten Chat bei.

# Auch als Meldungen von Knöpfen, ohne Auszeichnung, höchstens 200 Zeichen.
teaching-admins-only = In dieser Gruppe dürfen nur Admins mir etwas beibringen. Sie können das unter /settings ändern.
teaching-not-yours = Diese Knöpfe sind für die Person, die damit angefangen hat.
teaching-not-asked = Diese Frage ist für jemand anderen.
teaching-no-photos-yet = Ich habe noch kein Foto bekommen.
teaching-undo-not-yours = Das kann nur rückgängig machen, wer es mir beigebracht hat, oder ein Admin dieser Gruppe.
teaching-too-late-to-undo = Das ist mehr als zehn Minuten her. Mit /classes kannst du Fotos entfernen.
teaching-request-gone = Das habe ich vergessen, weil es mehr als eine Stunde her oder erledigt ist. Schick bitte noch einmal /teach.
teaching-class-gone = Dieser Name ist inzwischen vergessen.
teaching-photo-gone = Dieses Foto ist schon entfernt.
teaching-not-your-photo = Nur wer dieses Foto gegeben hat, kann es zurücknehmen.
teaching-name-taken = Diesen Namen hat hier schon etwas anderes.
teaching-nothing-taught = Dafür habe ich hier noch nicht genug gelernt.
teaching-other-network = Vergleichen kann ich ein Modell nur, wenn es mit <code>labelbot retrain --taught</code> aus dem Modell gemacht ist, das hier antwortet.
teaching-too-many-classes = Mehr Namen kann ich mir hier nicht merken ({ $limit }). Lass mich zuerst einen vergessen: /classes
teaching-class-full = Mehr Fotos von einer Sache kann ich mir nicht merken ({ $limit }).

# Gründe, einen Namen abzulehnen.
teaching-name-empty = Der Name braucht Buchstaben oder ein Zeichen, zum Beispiel: <code>/teach Rex</code>
teaching-name-too-long = Dieser Name ist zu lang: höchstens 64 Zeichen.
teaching-name-several-lines = Ein Name hat nur eine Zeile. Schick ihn bitte noch einmal ohne Umbrüche.
teaching-name-command = Ein Name kann nicht mit einem Schrägstrich anfangen, er sähe wie ein Befehl aus.
teaching-name-unreadable = In diesem Namen sind Zeichen, die man nicht lesen kann. Schick ihn bitte noch einmal ohne sie.

# Gründe, ein Foto wegzulassen.
teaching-photo-no-consent = Von wem es ist, hat nicht zugestimmt.
teaching-photo-class-full = Mehr Fotos davon kann ich mir nicht merken.
teaching-photo-model-cannot-learn = Das Modell, das hier antwortet, kann nicht aus Fotos lernen. Ein anderes kann es: siehe /settings, oder frag meinen Betreiber.

# /promote. $right und $right_before zählen Fotos dieses Chats, die anderen Zahlen fremde Fotos.
teaching-promote-usage = Sag mir, welches Modell hier antworten soll, zum Beispiel so: <code>/promote NAME</code>. Es muss mit dem trainiert sein, was ich hier gelernt habe.
teaching-promote-admins-only = Nur Admins dieser Gruppe können ihr Modell wählen.
teaching-promoted = <b>{ $model }</b> antwortet jetzt hier: Es ist besser als { $before }. Zurück geht es mit <code>/rollback here</code>
teaching-not-promoted = <b>{ $before }</b> antwortet hier weiterhin: { $model } ist nicht besser.
teaching-promotion-right = Fotos dieses Chats, richtig benannt: { $model } { $right } von { $total }, { $before } { $right_before } von { $total_before }.
teaching-promotion-mistaken = Fremde Fotos, für etwas von hier gehalten: { $model } { $mistaken } von { $total }, { $before } { $mistaken_before } von { $total_before }.
