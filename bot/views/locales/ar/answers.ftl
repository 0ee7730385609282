# ما يُقال عن صورة، وعمّا ليس صورة.

answers-still = هذه صورة متحركة، لذا نظرت إلى لقطة واحدة منها.
answers-frames = هذه صورة متحركة. أرى في لقطاتها ({ $agreeing } من { $total }):
answers-frames-unsure = هذه صورة متحركة. عدد اللقطات التي نظرت إليها: { $total }.
answers-preview = هذا الملف كبير جدًا عليّ، لذا نظرت إلى معاينته.
answers-unsure = لست متأكدًا. أقرب الاحتمالات:
answers-unfamiliar = هذا لا يشبه أي شيء تعلّمته. الأقرب إليه:

answers-taught = <b>{ $name }: { NUMBER($score, style: "percent", maximumFractionDigits: 0) }</b> · تعلّمته هنا
answers-headline = <b>{ $name }: { $score }</b>
answers-label = { $name } { $bar } { $score }
answers-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }
answers-score-below = &lt;{ NUMBER($score, style: "percent", maximumFractionDigits: 0) }

# السطر الأخير: أي نموذج أجاب، وفي كم جزء من الألف من الثانية.
answers-footer = <i>{ $model } · { NUMBER($ms, maximumFractionDigits: 0) } م.ث</i>
answers-footer-seen-before = <i>{ $model } · سبقت رؤيتها</i>
answers-model-gone = <i>كان ينبغي أن يجيب { $model } هنا، لكنه لم يعد مثبّتًا.</i>

answers-not-an-image-file = هذا الملف ليس صورة أستطيع النظر إليها. يُرجى إرسال صورة، أو صورة كملف.
answers-no-still = لم أجد هنا لقطة أنظر إليها. يُرجى إرسال صورة.
answers-paid-media = يجب شراء هذا أولًا، ولا يعرضه تيليجرام لي. يُرجى إرسال صورة.
answers-story = لا يعرض تيليجرام القصص على البوتات. يُرجى إرسال صورة منها.
answers-file-unavailable = لم أستطع الحصول على هذا الملف من تيليجرام. يُرجى إرساله مرة أخرى.
answers-never-said = كل ما أظنه مدرج في قائمة ما لا أقوله هنا أبدًا.
