# شاشات /settings: ما يمكن ضبطه في المجموعات والقنوات والمحادثات الخاصة. نصوص الأزرار قصيرة ودون تنسيق: يعرض الهاتف نحو
# عشرين حرفًا من زر يشاركه غيره في صفه.

# اسم هذه اللغة فيها.
settings-language-name = العربية

settings-title = <b>إعدادات { $title }</b>
settings-title-private = <b>إعدادات هذه المحادثة</b>
settings-line = { $name }: <b>{ $value }</b>
settings-name-and-value = { $name }: { $value }
settings-photos-hidden = ⚠️ يخفي تيليجرام عني الصور هنا، فلا أستطيع النظر إليها كلها. يمكن جعلي مشرفًا في هذه المجموعة، أو مطالبة من يشغّلونني بإيقاف وضع الخصوصية.
settings-back = ‹ رجوع
settings-close = إغلاق

# كيف تُجاب الصور في المجموعة.
settings-mode = الصور
settings-mode-about =
    إلى أي صور أنظر؟

    عند الطلب: الصور التي يرد عليها أحد بالأمر /label أو باسمي، والصور المرسلة مع اسمي أو ردًّا عليّ.
settings-mode-off = لا شيء
settings-mode-ask = عند الطلب
settings-mode-auto = كل صورة

settings-answer-by = دون طلب
settings-answer-by-about =
    كيف أتعامل مع صور لم يسأل عنها أحد؟

    التفاعل 👀 يعني أنني أعرف ما في الصورة: عند الرد عليها بالأمر /label تظهر الإجابة.
settings-answer-by-reply = ردّ
settings-answer-by-react = تفاعل 👀

settings-threshold = الصمت دون
settings-threshold-about = إن لم يسأل أحد، لا أتكلم إلا إذا كنت واثقًا بهذا القدر على الأقل.
settings-threshold-none = الافتراضي للنموذج
settings-threshold-score = { NUMBER($score, style: "percent", maximumFractionDigits: 0) }

settings-quiet = ساعات الهدوء
settings-quiet-about = في ساعات الهدوء لا أجيب إلا عند الطلب.
# مثلًا: القادمة: من الاثنين 22:00 إلى الثلاثاء 07:00
settings-quiet-next = القادمة: من { $start } إلى { $end }
settings-quiet-now = نحن الآن في ساعات الهدوء، حتى { $end }.
settings-quiet-none = لا توجد
settings-quiet-end = دون ساعات هدوء
# مثلًا: من 22:00 إلى 07:00، UTC+02:00
settings-quiet-hours = من { $start } إلى { $end }، { $zone }
settings-quiet-from = من
settings-quiet-from-about = متى تبدأ ساعات الهدوء؟
settings-quiet-from-none = غير محدد
settings-quiet-to = إلى
settings-quiet-to-about = متى تنتهي ساعات الهدوء؟
settings-quiet-to-none = غير محدد
settings-time-zone = المنطقة الزمنية
settings-time-zone-about = كم الساعة عندكم الآن؟
settings-time-zone-places = الساعة الآن { $time } في هذه الأماكن. أيها يوافق ساعتكم طوال العام؟

settings-top-k = التسميات
settings-top-k-about = كم تسمية أعرض؟

settings-model = النموذج
settings-model-about = أي نموذج ينظر إلى صور هذه المحادثة؟
settings-model-none = كما في غيرها
settings-model-trying = أجرّبه ...
settings-model-refused = ⚠️ هذا النموذج لا يعمل، لذا لم يتغيّر شيء.
settings-model-gone = لم يعد هذا النموذج مثبّتًا.

settings-language = اللغة
settings-language-about = بأي لغة أتحدث هنا؟
# في محادثة خاصة: لغة التطبيق. في مجموعة: الإنجليزية.
settings-language-automatic = تلقائية
settings-language-english = الأصلية: الإنجليزية

# أسماء لا تُقال أبدًا في محادثة.
settings-never-say = لا أقول أبدًا
settings-never-say-about = لا أذكر هذه الأسماء في إجاباتي. واسم النوع، مثل «كلب»، يشمل كل ما فيه.
settings-never-say-hint = لإضافة اسم يكفي إرساله ردًّا على هذه الرسالة.
settings-never-say-none = لا شيء
settings-never-say-add = إضافة
settings-never-say-added = حسنًا، لن أقول أبدًا: <b>{ $names }</b>
settings-never-say-unknown = لا أعرف الاسم <b>{ $name }</b>.
settings-never-say-similar = لا أعرف الاسم <b>{ $name }</b>. هل المقصود { $names }؟
settings-never-say-full = القائمة ممتلئة، فهي تتسع لعدد { $count } من الأسماء. يُحذف اسم بالضغط عليه أولًا.

# أزرار تحت الإجابات.
settings-corrections = السؤال عن الصحة
settings-corrections-about =
    تحت أيّ إجابات أسأل إن كنت قد أصبت؟

    يمكن لأي شخص هنا أن يخبرني. ما لم يكن الاختيار «أبدًا»، تُحسب أيضًا 👍 و👎 على الإجابة إن أراني تيليجرام إياها: في المجموعات يلزم أن أكون مشرفًا.
settings-corrections-always = دائمًا
settings-corrections-unsure = حين لا أكون متأكدًا
settings-corrections-never = أبدًا

settings-teachers = من يعلّمني
settings-teachers-about =
    من يستطيع تعليمي أسماء جديدة بالأمر /teach، وتغييرها؟

    عندما أتعرّف على شيء أقول اسمه أمام الجميع هنا، لذلك لا يعلّمني في البداية إلا المشرفون.
settings-teachers-admins = المشرفون
settings-teachers-everyone = الجميع

settings-channel-posts = منشورات القناة
settings-channel-posts-about =
    ماذا أفعل بالصور المنشورة في قناة؟

    في مجموعة النقاش التابعة لقناة أستطيع التعليق عليها. وفي قناة تسمح لي بتعديل المنشورات أستطيع كتابة التسميات تحتها.
settings-channel-posts-none = لا شيء
settings-channel-posts-comment = تعليق
settings-channel-posts-caption = تسميات تحتها

settings-chats = المجموعات والقنوات
settings-chats-about = أي إعدادات تُعرض؟
settings-chats-none = لا توجد مجموعة أو قناة أنا فيها وأنت من مشرفيها. بعد إضافتي إلى واحدة تظهر هنا.
settings-chats-more = أنا في مجموعات أكثر مما أستطيع السؤال عنه دفعة واحدة. إن غابت مجموعة عن القائمة فالبحث مستمر بالزر أدناه.
settings-chats-none-here = في المجموعات والقنوات التي سألت عنها حتى الآن لا توجد واحدة أنت من مشرفيها.
settings-chats-further = متابعة البحث ›

# تظهر لحظة لمن ضغط زرًا أو سأل؛ 200 حرف على الأكثر، دون تنسيق.
settings-saved = حُفظ.
settings-admins-only = تغيير طريقة عملي هنا متاح لمشرفي هذه المجموعة فقط.
settings-not-yours = لا يغيّر هذه الإعدادات إلا المشرفون.
settings-old-button = هذا الزر من إصدار سابق مني. تظهر أزرار جديدة عند إرسال /settings.
settings-group-moved = صارت هذه المجموعة مجموعة خارقة. هذه إعداداتها.
settings-group-moved-there = صارت هذه المجموعة مجموعة خارقة فلم يعد هذا الزر يعمل. تظهر أزرار جديدة عند إرسال /settings فيها.
settings-photos-hidden-alert = يخفي تيليجرام عني الصور هنا. يمكن جعلي مشرفًا في هذه المجموعة، أو مطالبة من يشغّلونني بإيقاف وضع الخصوصية.
settings-never-say-how = يكفي الرد على هذه الرسالة بالاسم الذي لا ينبغي أن أقوله أبدًا.
settings-never-say-how-in-private = يكفي إرسال الاسم الذي لا ينبغي أن أقوله أبدًا.
