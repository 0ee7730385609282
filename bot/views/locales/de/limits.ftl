# Einmal gesagt, wenn jemand zu viel fragt. Beides erscheint auch über einem Knopf: ohne Auszeichnung, 200 Zeichen.

limits-person = Das ist mehr, als ich mir auf einmal ansehen kann. Einiges lasse ich unbeantwortet; in ein, zwei Minuten komme ich wieder mit.
limits-group = Hier wird so viel gefragt, dass ich nicht alles beantworten kann. Einiges lasse ich aus; in ein, zwei Minuten komme ich wieder mit.
