# هل الإجابة صحيحة: ما يقوله الناس عنها.

# أزرار: بلا تنسيق وقصيرة.
corrections-right = صحيح
corrections-wrong = خطأ
corrections-which = أيّ هذه هو؟
corrections-album = صحيح أم خطأ؟
corrections-something-else = شيء آخر
corrections-take-back = تراجع
corrections-back = رجوع
# زر ضُغط من قبل؛ $what أحد النصوص أعلاه أو اسم.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# سطر تحت الإجابة ما دامت أزرارها تسأل.
corrections-which-photo = أيّ صورة تقصد؟
corrections-is-photo-right = الصورة { $number }: هل أصبت؟
corrections-said-right = سبق أن قيل لي هنا إني أصبت. هل يُتراجع عن ذلك؟
corrections-what-is-it = ما هذا؟
corrections-what-is-photo = الصورة { $number }: ما هذا؟
corrections-type = يُرجى الرد على هذه الرسالة بالاسم.
corrections-type-in-private = يُرجى إرسال الاسم.
corrections-type-again = يُرجى الرد باسم لا يزيد عن { $most } حرفًا، في سطر واحد.

# سطر تحت الإجابة: ما يقول الناس إنه في الصورة.
corrections-corrected = التصحيح: <b>{ $name }</b>
corrections-corrected-photo = تصحيح الصورة { $number }: <b>{ $name }</b>
corrections-unknown-name = سجّلت أني أخطأت، لكني لا أعرف ما هو <b>{ $name }</b>. لتعليمي إياه، يُرجى الرد على الصورة بالأمر <code>/teach { $name }</code>

# لمن ضغط زرًا: بلا تنسيق، 200 حرف على الأكثر.
corrections-noted-right = شكرًا! سجّلت أني أصبت.
corrections-noted-wrong = شكرًا! سجّلت أني أخطأت. ما هذا؟
corrections-noted-name = شكرًا! سجّلت: { $name }
corrections-taken-back = حسنًا، نسيت ما قيل لي عن هذا.
corrections-nothing-said = لم يصلني منك شيء عن هذا.
corrections-type-now = سجّلت أني أخطأت. يُرجى الآن الرد على إجابتي بالاسم.
corrections-type-now-in-private = سجّلت أني أخطأت. يُرجى الآن إرسال الاسم.
corrections-closed = لم أعد أسأل عن هذه الصورة.
