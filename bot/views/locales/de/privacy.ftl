# Was gespeichert wird, und wie es gelöscht wird.

# $days sagt, wie lange.
privacy-kept =
    <b>Ich speichere weder deine Bilder noch deinen Namen, und deine Nachricht nur, bis ich sie beantwortet habe.</b> Ein Foto ist im Arbeitsspeicher dieses Computers, während ich es ansehe, und danach nirgends.

    Was ich speichere, als Nummern von Telegram:
    • zu jeder Antwort, { $days ->
        [one] { $days } Tag
       *[other] { $days } Tage
    } lang: welche Nachricht gefragt hat, von wem sie war, Telegrams ID des Fotos und seine Begriffe. Die Knöpfe unter der Antwort brauchen das;
    • was mir jemand zu einer Antwort sagt, ebenso lange: richtig oder falsch, der richtige Begriff, falls einer gewählt wurde, wer es gesagt und wer gefragt hat. Wer mich betreibt, sieht nur, wie oft ich richtig lag und welche Begriffe oft verwechselt wurden;
    • zu jedem Foto, das ich angesehen habe, ebenso lange: Telegrams ID des Fotos und seine Begriffe, aber nicht, von wem oder wo es war. Kommt dasselbe Foto wieder, kann ich sofort antworten;
    • was ich mit /teach gelernt habe, bis es zurückgenommen wird: zu jedem Foto Zahlen, die es beschreiben, Telegrams ID, wer es gegeben hat, und den Namen; und wer dem zugestimmt hat;
    • die Einstellungen dieses Chats (/top und /settings), bis sie gelöscht werden, und ob ich hier schreiben kann;
    • IDs von Nachrichten, einen Tag lang, damit ich jede nur einmal beantworte;
    • Personen und Chats, die ignoriert werden.

    /deletemydata löscht, was ich über dich weiß, oder über eine Gruppe, deren Admin du bist. Werde ich aus einer Gruppe entfernt, lösche ich sofort alles über sie außer ihrer ID. Eine Kopie meiner Datenbank von vor einem Update kann das Gelöschte noch so lange enthalten, wie ich Antworten aufhebe.

privacy-delete-private = Deine Einstellungen löschen, alle Antworten, die ich dir gegeben habe, und alles, was ich aus deinen Fotos gelernt habe, hier und in Gruppen? Die Nachrichten selbst bleiben: Du kannst sie selbst löschen.
privacy-delete-group = Alle Antworten löschen, die ich dir gegeben habe, und alles, was ich aus deinen Fotos gelernt habe, hier und anderswo? Admins können auch alles löschen, was ich über diese Gruppe weiß, samt ihren Einstellungen.
privacy-delete-hidden = Alles löschen, was ich über diese Gruppe weiß, samt ihren Einstellungen? Das können nur Admins.
privacy-delete-me = Meine Daten löschen
privacy-delete-chat = Daten der Gruppe löschen
privacy-keep = Alles behalten

privacy-deleted-me = Erledigt: Deine Daten sind gelöscht. Die IDs deiner letzten Nachrichten verschwinden innerhalb eines Tages.
privacy-deleted-chat = Erledigt: Die Daten dieser Gruppe sind gelöscht. Die IDs ihrer letzten Nachrichten verschwinden innerhalb eines Tages.
privacy-kept-all = OK, es wurde nichts gelöscht.

# Ohne Auszeichnung, höchstens 200 Zeichen.
privacy-admins-only = Das können nur Admins.
privacy-not-yours = Das hat jemand anderes verlangt. Schick selbst /deletemydata.

# Fotos, die jemand mit /teach gegeben hat.
privacy-given = <b>Das habe ich von dir gelernt:</b>
privacy-given-line =
    { $count ->
        [one] • <b>{ $name }</b>, { $chat }: { $count } Foto
       *[other] • <b>{ $name }</b>, { $chat }: { $count } Fotos
    }
privacy-given-open = { $name } · { $chat }
privacy-given-all = ✕ Alles · { $chat }
privacy-given-all-question = Alles zurücknehmen, was du hier gegeben hast: { $chat }? Ich lösche, was ich dort daraus gelernt habe, und frage dich neu, bevor ich wieder aus deinen Fotos lerne.
privacy-given-all-yes = Alles zurücknehmen
privacy-given-all-no = Behalten
privacy-given-all-done = OK, ich habe alles gelöscht, was du dort gegeben hast.
privacy-given-none = Ich habe keine Fotos, die du gegeben hast.
privacy-given-here = dieser Chat
privacy-given-elsewhere = ein anderer Chat
privacy-given-in-group = Du hast mir hier Fotos zum Lernen gegeben. Schick mir /privacy in einem privaten Chat, um sie zu sehen und zurückzunehmen.
