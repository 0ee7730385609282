# Was der Bot in Gruppen sagt.

groups-welcome =
    Hallo! Antworte auf ein Foto mit /label oder meinem Namen, und ich sage dir, was ich darauf sehe.
    Ich kann mir auch jedes Foto ansehen: Das können die Admins dieser Gruppe mit /settings einschalten.
groups-welcome-privacy-mode =
    Hallo! Antworte auf ein Foto mit /label oder meinem Namen, und ich sage dir, was ich darauf sehe.
    Ich kann mir auch jedes Foto ansehen. Dafür muss mich jemand von den Admins auch zum Admin machen (bis dahin verbirgt Telegram Fotos vor mir) und es mit /settings einschalten.

# Einer der Begriffe, die unter das Foto eines Kanals geschrieben werden.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
groups-caption-taught = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) } (hier gelernt)

groups-off = In dieser Gruppe sehe ich mir keine Fotos an. Ihre Admins können das mit /settings ändern.
groups-needs-a-photo = Dafür brauche ich ein Foto: Schreib @{ $bot } in die Bildunterschrift oder antworte auf das Foto mit /label.
groups-help = Ich sage, was auf Fotos ist. Antworte auf ein Foto mit /label oder schreib @{ $bot } in die Bildunterschrift. Mit /teach bringt ihr mir eure eigenen Dinge bei. Alles andere gern privat.
