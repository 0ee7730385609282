# Die Befehlsmenüs in Telegrams Apps: je höchstens 256 Zeichen, ohne Auszeichnung.

menu-help = Was ich kann
menu-top = Wie viele Begriffe ich zeige: /top 3
menu-model = Welches Modell hier antwortet
menu-label = Als Antwort auf ein Foto: sagen, was darauf ist
menu-settings = Wie ich mich hier verhalte
menu-privacy = Was ich speichere, und was nicht
menu-deletemydata = Vergessen lassen, was ich über dich weiß

# Nur für Admins.
menu-models = Welche Modelle es gibt; wechseln
menu-use = Überall wechseln, oder hier: /use NAME here
menu-pull = Ein veröffentlichtes Modell installieren: /pull NAME
menu-rollback = Zurück zum Modell davor
menu-remove = Ein Modell entfernen: /remove NAME
menu-reload = Die installierten Modelle neu ansehen
menu-stats = Was ich getan habe, wie schnell, und womit
menu-workers = Wie viele Prozesse Fotos ansehen: /workers 4
menu-ban = Jemanden ignorieren: /ban ID, oder als Antwort
menu-unban = Nicht mehr ignorieren: /unban ID
