# الأزرار تحت الإجابة، وما يُقال لمن يضغطها.

buttons-more = المزيد
buttons-less = أقل
buttons-other-model = نموذج آخر
buttons-back = رجوع

# دون تنسيق، 200 حرف على الأكثر.
buttons-looking = أنظر مرة أخرى بواسطة { $model } ...
buttons-forgotten = لم أعد أتذكر هذه الإجابة. يُرجى إرسال الصورة مرة أخرى.
buttons-not-yours = هذه الأزرار لمن سأل ولمشرفي هذه المجموعة فقط.
buttons-model-gone = لم يعد هذا النموذج مثبّتًا.
buttons-old = هذا الزر قديم جدًا ولم يعد يعمل. يُرجى سؤالي مرة أخرى.

# تحت التسميات التي تبقى حين يتعذر استخدام نموذج آخر.
buttons-not-looked = <i>{ $model }: { $reason }</i>
