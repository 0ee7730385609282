# Die Knöpfe unter einer Antwort, und was erfährt, wer sie drückt.

buttons-more = Mehr
buttons-less = Weniger
buttons-other-model = Anderes Modell
buttons-back = Zurück

# Ohne Auszeichnung, höchstens 200 Zeichen.
buttons-looking = Ich sehe es mir mit { $model } noch einmal an ...
buttons-forgotten = An diese Antwort erinnere ich mich nicht mehr. Schick mir bitte das Foto noch einmal.
buttons-not-yours = Diese Knöpfe sind nur für die Person, die gefragt hat, und für Admins dieser Gruppe.
buttons-model-gone = Dieses Modell ist nicht mehr installiert.
buttons-old = Dieser Knopf ist zu alt und funktioniert nicht mehr. Bitte frag mich noch einmal.

# Unter den Begriffen, die stehen bleiben, wenn ein anderes Modell nicht zu haben war.
buttons-not-looked = <i>{ $model }: { $reason }</i>
