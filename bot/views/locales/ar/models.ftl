# كيف يختار المشرفون النماذج ويثبّتونها.

models-count =
    { $count ->
        [zero] <b>لا نماذج</b>
        [one] <b>نموذج واحد</b>
        [two] <b>نموذجان</b>
        [few] <b>{ $count } نماذج</b>
        [many] <b>{ $count } نموذجًا</b>
       *[other] <b>{ $count } نموذج</b>
    }
models-more = و{ $count } غيرها: <code>labelbot models list</code>

# في سطر القائمة الاسم ومعلومات كهذه.
models-fact-broken = معطوب
models-fact-labels =
    { $count ->
        [zero] لا تسميات
        [one] تسمية واحدة
        [two] تسميتان
        [few] { $count } تسميات
        [many] { $count } تسمية
       *[other] { $count } تسمية
    }
models-fact-size = { NUMBER($mb, minimumFractionDigits: 1, maximumFractionDigits: 1) } ميغابايت
# Share of right labels; $images is the name of a data set.
models-fact-accuracy = الدقة { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } على { $images }
models-fact-accuracy-own = الدقة { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } على صور محجوزة من بياناته
models-fact-accuracy-unknown = الدقة { NUMBER($share, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) } على صور غير معروفة
models-fact-everywhere = مستخدم في كل مكان
models-fact-chats =
    { $count ->
        [zero] لم يُختر في أي محادثة
        [one] مختار في محادثة واحدة
        [two] مختار في محادثتين
        [few] مختار في { $count } محادثات
        [many] مختار في { $count } محادثة
       *[other] مختار في { $count } محادثة
    }
models-not-alike = <i>لا تصح مقارنة نسب قيست على صور مختلفة، فبعض الصور أصعب من بعض.</i>
models-use-button = استخدام { $name }

# التبديل. قيمة $place هي "here" في هذه المحادثة وحدها، أو "everywhere".

models-use-usage = أي نموذج؟ <code>/use NAME</code>، أو <code>/use NAME here</code> لهذه المحادثة وحدها. تظهر القائمة بالأمر /models.
models-rollback-usage = بالأمر <code>/rollback</code>، أو <code>/rollback here</code> لهذه المحادثة وحدها.
models-trying = أجرّب { $name } ...
models-as-before =
    { $place ->
        [here] ما زلت أستخدم <b>{ $name }</b> هنا.
       *[everywhere] ما زلت أستخدم <b>{ $name }</b> في كل مكان.
    }
models-switched =
    { $place ->
        [here] أستخدم <b>{ $name }</b> هنا الآن.
       *[everywhere] أستخدم <b>{ $name }</b> في كل مكان الآن.
    }
models-way-back =
    { $place ->
        [here] يعيد الأمر /rollback here النموذج { $name }.
       *[everywhere] يعيد الأمر /rollback النموذج { $name }.
    }
models-seen = يرى في صورة المثال { $label } ({ NUMBER($score, style: "percent", maximumFractionDigits: 0) }).
models-works = <b>{ $name }</b> يعمل.
models-broken = <b>{ $name }</b> لا يعمل: { $reason }
models-removed = أُزيل { $name }.
models-remove-usage = أي نموذج؟ <code>/remove NAME</code>. تظهر القائمة بالأمر /models.
models-not-done = لم يتغيّر شيء: { $reason }

# لماذا رُفض تبديل أو إزالة أو جلب.

models-refused-chosen-already = لم يتغيّر شيء: { $name } مختار من قبل.
models-refused-nothing-before = لا شيء يمكن العودة إليه.
models-refused-in-use = لم يتغيّر شيء: { $name } قيد الاستخدام. يُرجى اختيار نموذج آخر أولًا.
models-refused-installed-already = لم يتغيّر شيء: { $name } مثبّت من قبل. تظهر القائمة بالأمر /models.
models-refused-pull-under-way = لم يتغيّر شيء: أنزّل { $name } الآن، وأنا أنزّل النماذج واحدًا واحدًا.
models-refused-pull-stopped = أُوقف تنزيل { $name }. يواصل التنزيل التالي من حيث توقف.
models-refused-of-a-chat = صُنع { $name } مما علّمتني إياه محادثة أخرى، وهذا يبقى في تلك المحادثة.

# /pull. قيمة $subject هي اسم ملف أو شبكة.

models-all-installed = كل النماذج المنشورة التي أعرفها مثبّتة.
models-pull-usage = يُثبَّت نموذج منشور بالأمر <code>/pull NAME</code>، أو من عنوان آخر بالأمر <code>/pull NAME ADDRESS</code>:
models-pull-starting = <b>{ $name }</b>: البدء ...
models-pull-downloading = <b>{ $name }</b>: تنزيل { $subject } ...
models-pull-unpacking = <b>{ $name }</b>: فك ضغط { $subject } ...
models-pull-compiling = <b>{ $name }</b>: تجميع { $subject } ...
models-pull-bytes = { NUMBER($done, minimumFractionDigits: 1, maximumFractionDigits: 1) } من { NUMBER($total, minimumFractionDigits: 1, maximumFractionDigits: 1) } ميغابايت
models-pull-stop-button = إيقاف
models-pulled = ثُبّت <b>{ $name }</b>.
models-pull-stopping = أوقف التنزيل الآن.
models-no-pull = لا يجري تنزيل أي نموذج.

# أزرار تحت رسائل قديمة.

models-button-without-model = لم يعد هذا النموذج مثبّتًا.
