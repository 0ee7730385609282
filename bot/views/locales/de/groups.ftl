# Was der Bot in Gruppen sagt.

groups-welcome =
    Hallo! Antworte auf ein Foto mit /label oder erwähne mich darunter, und ich sage, was ich darauf sehe.
    Ich kann mir auch jedes Foto ansehen: Das wählen die Admins dieser Gruppe mit /settings.
groups-welcome-privacy-mode =
    Hallo! Antworte auf ein Foto mit /label oder erwähne mich darunter, und ich sage, was ich darauf sehe.
    Ich kann mir auch jedes Foto ansehen: Admins wählen das mit /settings und machen mich dafür zum Admin, denn noch verbirgt Telegram Fotos vor mir.

# Einer der Begriffe, die unter das Foto eines Kanals geschrieben werden.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
