# Ob eine Antwort stimmt: was Leute dazu sagen.

# Knöpfe: ohne Auszeichnung und kurz.
corrections-right = Richtig
corrections-wrong = Falsch
corrections-which = Was davon ist es?
corrections-album = Richtig oder falsch?
corrections-something-else = Etwas anderes
corrections-take-back = Zurücknehmen
corrections-back = Zurück
# Ein Knopf, der schon gedrückt wurde; $what ist einer der Texte oben oder ein Name.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# Eine Zeile unter der Antwort, solange ihre Knöpfe etwas fragen.
corrections-which-photo = Welches Foto meinst du?
corrections-is-photo-right = Foto { $number }: lag ich richtig?
corrections-said-right = Du hast schon gesagt, dass ich richtig lag. Willst du das zurücknehmen?
corrections-what-is-it = Was ist es?
corrections-what-is-photo = Foto { $number }: was ist es?
corrections-type = Antworte auf diese Nachricht mit dem Namen.
corrections-type-in-private = Schick mir den Namen.
corrections-type-again = Antworte bitte mit einem Namen von höchstens { $most } Zeichen, in einer einzigen Zeile.

# Eine Zeile unter der Antwort: was es nach Meinung der Leute ist.
corrections-corrected = Berichtigt: <b>{ $name }</b>
corrections-corrected-photo = Foto { $number } berichtigt: <b>{ $name }</b>
corrections-unknown-name = Notiert: Ich lag falsch. Aber <b>{ $name }</b> kenne ich nicht. Willst du es mir beibringen, dann antworte auf das Foto mit <code>/teach { $name }</code>

# An den, der einen Knopf gedrückt hat: ohne Auszeichnung, höchstens 200 Zeichen.
corrections-noted-right = Danke! Ich habe notiert, dass ich richtig lag.
corrections-noted-wrong = Danke! Ich habe notiert, dass ich falsch lag. Was ist es?
corrections-noted-name = Danke! Notiert: { $name }
corrections-taken-back = OK, was du dazu gesagt hast, habe ich vergessen.
corrections-nothing-said = Du hast dazu noch nichts gesagt.
corrections-type-now = Notiert: Ich lag falsch. Antworte jetzt auf meine Antwort mit dem Namen.
corrections-type-now-in-private = Notiert: Ich lag falsch. Schick mir jetzt den Namen.
corrections-closed = Nach diesem Foto frage ich nicht mehr.
