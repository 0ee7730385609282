# ما يُقال للمشرفين عن البوت العامل، وعن هويتهم.

admin-only = هذا متاح لمن يشغّلونني فقط. (لمن هو منهم: يُضاف المعرّف { $id } إلى LABELBOT_ADMINS.)
admin-written-as-group = لا أستطيع معرفة من يكتب باسم المجموعة. يُرجى الكتابة بالاسم الشخصي.

# /stats

admin-stats-uptime-days = <b>أعمل منذ { $days } ي { $hours } س</b>
admin-stats-uptime-hours = <b>أعمل منذ { $hours } س { $minutes } د</b>
admin-stats-uptime-minutes = <b>أعمل منذ { $minutes } د</b>
admin-stats-photos = صور أُجيب عنها: { $count }، منها { $seen_before } فورًا لأني رأيتها من قبل
admin-stats-latency = الوقت لصورة جديدة: { NUMBER($p50, maximumFractionDigits: 0) } م.ث عادةً، و19 من 20 خلال { NUMBER($p95, maximumFractionDigits: 0) } م.ث
admin-stats-now = صور في الدقيقة الأخيرة: { $count } · قيد العمل: { $pending } · رسائل في الانتظار: { $waiting }
admin-stats-given-up = رسائل تُركت لأن تيليجرام لم يقبلها في الوقت المناسب: { $count }
admin-stats-memory = الذاكرة المستخدمة: { NUMBER($mb, maximumFractionDigits: 0) } ميغابايت
# ما عُدّ خلال سنة، وقبل التشغيل الأخير أيضًا.
admin-stats-year-title = <b>السنة الماضية</b>
admin-stats-year = صور أُجيب عنها: { $photos }، منها { $seen_before } سبقت رؤيتها · رسائل لم أستطع الرد عليها: { $failures }
admin-stats-left-out = تحديثات من تيليجرام تعذرت قراءتها: { $count }
admin-stats-unknown-fate = رسائل ربما أُرسلت مرتين: { $count }
admin-stats-models = <b>النماذج منذ بدء التشغيل</b>
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-model-photos = صور أُجيب عنها: { $count } (سبقت رؤيتها: { $seen_before })
admin-stats-model-latency = { NUMBER($p50, maximumFractionDigits: 0) } م.ث عادةً، و19 من 20 خلال { NUMBER($p95, maximumFractionDigits: 0) } م.ث
admin-stats-not-alike = <i>رأى كل نموذج صورًا أخرى، فلا تصح مقارنة أوقاتها.</i>

# ما يقوله الناس: $figure هو admin-live-figure أو admin-live-too-few.
admin-live-title = <b>ما يقوله الناس عن إجاباتي</b>
admin-live-none = لم يخبرني أحد بعد إن كانت إجابة صحيحة.
admin-live-sure = <b>{ $name }</b>، عند التأكد: { $figure }
admin-live-unsure = <b>{ $name }</b>، أفضل تخمين عند عدم التأكد: { $figure }
admin-live-taught = <b>{ $name }</b>، ما تعلّمه: { $figure }
admin-live-figure = الصحيح { NUMBER($share, style: "percent", maximumFractionDigits: 0) } (من { NUMBER($low, style: "percent", maximumFractionDigits: 0) } إلى { NUMBER($high, style: "percent", maximumFractionDigits: 0) } بثقة 95%) · الصور: { $photos }
admin-live-too-few = الصور أقل من أن تكفي للحكم: { $photos } من { $needed }
admin-live-disputed = صور لا تُحسب لاختلاف الآراء فيها: { $count }
admin-live-confusion = يُصحَّح كثيرًا، { $name }: { $said } ← { $label } · الصور: { $photos }
admin-live-note = <i>محسوب من صور حكم عليها أحد بزر أو بـ 👍 و👎 (الأيام: { $days }). من يفعل ذلك ليس عينة عشوائية، فلا تصح مقارنة هذه النسب بنسب /models.</i>

# /workers: عدد العمليات الجاهزة $ready من $count.

admin-workers-ready =
    { $count ->
        [zero] { $ready } جاهزة من { $count } عملية
        [one] { $ready } جاهزة من عملية واحدة
        [two] { $ready } جاهزة من عمليتين
        [few] { $ready } جاهزة من { $count } عمليات
        [many] { $ready } جاهزة من { $count } عملية
       *[other] { $ready } جاهزة من { $count } عملية
    }
admin-workers-hint = يغيّر <code>/workers { $most }</code> ذلك حتى إعادة تشغيلي.
admin-workers-set =
    { $count ->
        [zero] حسنًا، { $count } عملية، حتى إعادة تشغيلي.
        [one] حسنًا، عملية واحدة، حتى إعادة تشغيلي.
        [two] حسنًا، عمليتان، حتى إعادة تشغيلي.
        [few] حسنًا، { $count } عمليات، حتى إعادة تشغيلي.
        [many] حسنًا، { $count } عملية، حتى إعادة تشغيلي.
       *[other] حسنًا، { $count } عملية، حتى إعادة تشغيلي.
    }
admin-workers-refused = يُرجى ذكر عدد من 1 إلى { $most }: ما زاد عن اثنتين لكل نواة يشغل الذاكرة فحسب.
admin-cluster = عنقود Ray على { $address }، ‏Ray { $ray }، ‏Python { $python }
admin-cluster-node = { $name } · الأنوية: { $cores } · العمليات: { $workers }
admin-cluster-fault = لا يمكن لـ { $name } التعرّف على الصور: { $reason }
admin-cluster-unchecked = انضم { $name } للتو.
admin-cluster-more = أجهزة أخرى: { $count }
admin-cluster-refused = يُرجى ذكر عدد من 1 إلى { $most }، وهو عدد أنوية العنقود.

# /ban, /unban

admin-ban-usage = من؟ بالأمر <code>/ban ID</code> (لشخص أو لمحادثة)، أو بالرد على رسالة بالأمر <code>/ban</code>.
admin-unban-usage = من؟ بالأمر <code>/unban ID</code>. تظهر القائمة بالأمر /ban.
admin-banned-list = من أتجاهلهم:
admin-banned-nobody = لا أتجاهل أحدًا
admin-banned-more = و{ $count } غيرهم
admin-ban-an-admin = لا يمكن تجاهل المشرفين.
admin-banned = سأتجاهل { $id } من الآن. يلغي الأمر /unban { $id } ذلك.
admin-unbanned = لم أعد أتجاهل { $id }.
admin-was-not-banned = لم أكن أتجاهل { $id }.
