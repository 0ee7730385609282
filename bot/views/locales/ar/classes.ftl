# الأمر /classes: ما تعلّمته في محادثة. $name هو الاسم. نصوص الأزرار قصيرة وبلا تنسيق.

classes-title = <b>ما تعلّمته هنا</b>
classes-none = لم أتعلّم هنا شيئًا بعد. عند الرد على صورة بالأمر <code>/teach Rex</code> أتعرّف على Rex منذ ذلك الحين.
classes-line = <b>{ $name }</b>: { $facts }
classes-photos =
    { $count ->
        [zero] لا صور
        [one] صورة واحدة
        [two] صورتان
        [few] { $count } صور
        [many] { $count } صورة
       *[other] { $count } صورة
    }
classes-recognised = تعرّفت على { $recognised } من { $total }
classes-seen-never = لم يظهر بعد
classes-seen-today = ظهر اليوم
classes-seen =
    { $days ->
        [zero] ظهر اليوم
        [one] ظهر قبل يوم
        [two] ظهر قبل يومين
        [few] ظهر قبل { $days } أيام
        [many] ظهر قبل { $days } يومًا
       *[other] ظهر قبل { $days } يوم
    }
# بعد تغيير النموذج تُقرأ الصور من جديد.
classes-waiting = صور ما زلت أقرؤها من جديد، لأن نموذجًا آخر يجيب هنا الآن: { $count }.
classes-lost = صور لم تعد لدى تيليجرام، فلا يستطيع النموذج الذي يجيب هنا الآن التعلّم منها: { $count }.

classes-back = ‹ رجوع
classes-previous = ‹
classes-next = ›
classes-show = الصور
classes-rename = تغيير الاسم
classes-merge = دمج
classes-forget = نسيان

classes-shown = صور <b>{ $name }</b> من { $first } إلى { $last }، وعددها كلها { $total }. الضغط على رقم يزيل صورته.
classes-not-shown = صور لا يمكن عرضها: { $count }. جاءت كملف أو ملصق أو فيديو، أو لم تعد لدى تيليجرام.
classes-removed = حسنًا، أزلتها.
classes-rename-how = يُرجى الرد على هذه الرسالة بالاسم الجديد بدلًا من <b>{ $name }</b>.
classes-rename-how-in-private = يُرجى إرسال الاسم الجديد بدلًا من <b>{ $name }</b>.
classes-renamed = حسنًا، صار <b>{ $before }</b> يُسمّى <b>{ $name }</b>.
classes-merge-which = ما الذي يطابق <b>{ $name }</b>؟ تنتقل الصور إلى الاسم الذي تختاره.
classes-merged = حسنًا، صارت صور <b>{ $before }</b> من صور <b>{ $name }</b>.
classes-forget-question = هل أنسى <b>{ $name }</b>؟ سأحذف ما تعلّمته من الصور (عددها { $count })، ولن أتعرّف عليه بعد ذلك.
classes-forget-yes = نسيان
classes-forget-no = إبقاء
classes-forgotten = حسنًا، نسيت <b>{ $name }</b>.
classes-kept = حسنًا، ما زلت أعرف <b>{ $name }</b>.
classes-unknown = لم أتعلّم هنا <b>{ $name }</b>. ما تعلّمته: /classes
classes-forget-usage = ما الذي أنساه؟ مثلًا: <code>/forget Rex</code>. ما تعلّمته هنا: /classes
# تنبيه بلا تنسيق، 200 حرف على الأكثر.
classes-remove-not-yours = لا يزيل هذه الصورة إلا من أعطاها ومن يمكنه تعليمي هنا.
