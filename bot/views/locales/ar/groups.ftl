# ما يقوله البوت في المجموعات.

groups-welcome =
    مرحبًا! عند الرد على صورة بالأمر /label أو باسمي أقول ما أراه فيها.
    أستطيع أيضًا النظر إلى كل صورة: يفعّل مشرفو هذه المجموعة ذلك بالأمر /settings.
groups-welcome-privacy-mode =
    مرحبًا! عند الرد على صورة بالأمر /label أو باسمي أقول ما أراه فيها.
    أستطيع أيضًا النظر إلى كل صورة. لذلك يجعلني أحد المشرفين مشرفًا أيضًا (فحتى ذلك الحين يخفي تيليجرام عني الصور) ويفعّل ذلك بالأمر /settings.

# إحدى التسميات التي تُكتب تحت صورة في قناة.
groups-caption-label = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
groups-caption-taught = { $name } { NUMBER($score, style: "percent", maximumFractionDigits: 0) } (تعلّمته هنا)

groups-off = لا أنظر إلى الصور في هذه المجموعة. يمكن لمشرفيها تغيير ذلك عبر /settings.
groups-needs-a-photo = أحتاج إلى صورة لذلك: اكتب @{ $bot } في وصفها، أو رُدّ عليها بالأمر /label.
groups-help = أقول ما الذي يظهر في الصور. رُدّ على صورة بالأمر /label، أو اكتب @{ $bot } في وصفها. ولكل ما عدا ذلك راسلني على الخاص.
