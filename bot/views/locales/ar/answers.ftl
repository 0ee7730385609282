# ما يُقال عن صورة، وعمّا ليس صورة.

answers-still = هذا متحرك، لذا نظرت إلى لقطة واحدة منه.
answers-preview = الملف كاملًا أكبر من أن أنظر إليه، لذا نظرت إلى معاينته.
answers-unsure = لست متأكدًا. أقرب الاحتمالات:
answers-score = { NUMBER($score, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }

# السطر الأخير: أي نموذج أجاب، وفي كم جزء من الألف من الثانية.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } م.ث</i>
answers-footer-seen-before = <i>{ $model } · سبقت رؤيتها</i>
answers-model-gone = <i>كان ينبغي أن يجيب { $model } هنا، لكنه لم يعد موجودًا.</i>

answers-not-an-image-file = هذا الملف ليس صورة أستطيع النظر إليها. يُرجى إرسال صورة، أو صورة كملف.
answers-no-still = لا توجد لقطة من هذا أستطيع النظر إليها. يُرجى إرسال صورة له.
answers-file-unavailable = لم يسلّمني تيليجرام هذا الملف. يُرجى إرساله مرة أخرى.
