# Was gespeichert wird, und wie es gelöscht wird.

# $days sagt, wie lange.
privacy-kept =
    <b>Ich speichere keine Bilder und keine Namen, und was du schreibst nur, bis es beantwortet ist.</b> Ein Foto ist im Arbeitsspeicher dieses Computers, während ich es ansehe, und danach nirgends.

    Was ich speichere, als Nummern, die Telegram vergeben hat:
    • von jeder Antwort, { $days ->
        [one] { $days } Tag
       *[other] { $days } Tage
    } lang: welche Nachricht fragte, von wem sie war, Telegrams ID des Fotos und seine Begriffe. Die Knöpfe unter der Antwort brauchen das;
    • von jedem Foto, das ich angesehen habe, ebenso lange: Telegrams ID des Fotos und seine Begriffe, nicht, von wem oder wo es war. Dasselbe Foto wird dann sofort beantwortet;
    • was in diesem Chat mit /top oder /settings eingestellt wurde, bis es gelöscht wird, und ob ich hier schreiben kann;
    • IDs von Nachrichten, einen Tag lang, damit ich keine zweimal beantworte;
    • Personen und Chats, die ignoriert werden.

    /deletemydata löscht, was ich über dich weiß, oder über eine Gruppe, deren Admin du bist. Werde ich aus einer Gruppe entfernt, vergesse ich sofort alles außer ihrer ID.

privacy-delete-private = Soll ich deine Einstellungen und alle Antworten vergessen, die ich dir gegeben habe, hier und in Gruppen? Die Nachrichten selbst bleiben: Du kannst sie selbst löschen.
privacy-delete-group = Soll ich alle Antworten vergessen, die ich dir gegeben habe, hier und anderswo? Admins können mich auch alles über diese Gruppe vergessen lassen, samt ihren Einstellungen.
privacy-delete-hidden = Soll ich alles über diese Gruppe vergessen, samt ihren Einstellungen? Das können nur ihre Admins sagen.
privacy-delete-me = Mich vergessen
privacy-delete-chat = Diese Gruppe vergessen
privacy-keep = Behalten

privacy-deleted-me = Erledigt: Ich habe dich vergessen. Die IDs deiner letzten Nachrichten verschwinden innerhalb eines Tages.
privacy-deleted-chat = Erledigt: Ich habe diese Gruppe vergessen. Die IDs ihrer letzten Nachrichten verschwinden innerhalb eines Tages.
privacy-kept-all = Alles ist, wie es war.

# Ohne Auszeichnung, höchstens 200 Zeichen.
privacy-admins-only = Das können nur Admins dieser Gruppe sagen.
privacy-not-yours = Das hat jemand anderes verlangt. Schick selbst /deletemydata.
