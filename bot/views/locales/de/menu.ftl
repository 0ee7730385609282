# Die Befehlsmenüs in Telegrams Apps: je höchstens 256 Zeichen, ohne Auszeichnung.

menu-help = Was ich kann
menu-top = Einstellen, wie viele Begriffe ich zeige: /top 3
menu-model = Welches Modell ich hier verwende
menu-label = Als Antwort auf ein Foto: Ich sage, was darauf ist
menu-teach = Bring mir deine eigenen Dinge bei: /teach NAME
menu-classes = Sehen, was ich hier gelernt habe
menu-settings = Einstellen, wie ich hier arbeite
menu-privacy = Was ich speichere und was nicht
menu-deletemydata = Alles löschen, was ich über dich weiß

# Nur für Admins.
menu-models = Modelle zeigen und wechseln
menu-use = Ein Modell überall verwenden, oder hier: /use NAME here
menu-pull = Ein veröffentlichtes Modell installieren: /pull NAME
menu-rollback = Zurück zum vorherigen Modell
menu-remove = Ein Modell entfernen: /remove NAME
menu-reload = Die installierten Modelle neu prüfen
menu-stats = Statistik
menu-workers = Die Zahl der Prozesse einstellen: /workers 2
menu-ban = Jemanden ignorieren: /ban ID, oder als Antwort
menu-unban = Jemanden nicht mehr ignorieren: /unban ID

menu-description =
    Schick mir ein Foto, und ich sage dir, was darauf ist und wie sicher ich bin.

    In einer Gruppe: Antworte auf ein Foto mit /label.
menu-short-description = Schick mir ein Foto, und ich sage dir, was darauf ist.
