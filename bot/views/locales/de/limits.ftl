# Einmal gesagt, wenn jemand zu viel fragt. Beides erscheint auch über einem Knopf: ohne Auszeichnung, 200 Zeichen.

limits-person = Das ist mehr, als ich auf einmal schaffe, deshalb lasse ich einiges aus. Versuch es bitte in ein, zwei Minuten noch einmal.
limits-group = Hier ist so viel los, dass ich nicht alles beantworten kann, deshalb lasse ich einiges aus. Versuch es bitte in ein, zwei Minuten noch einmal.
