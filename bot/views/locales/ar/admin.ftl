# ما يُقال للمشرفين عن البوت العامل، وعن هويتهم.

admin-only = هذا متاح لمن يشغّلونني فقط. (لمن هو منهم: يُضاف المعرّف { $id } إلى LABELBOT_ADMINS.)
admin-written-as-group = لا أستطيع معرفة من يكتب باسم المجموعة. يُرجى الكتابة بالاسم الشخصي.

# /stats

admin-stats-uptime-days = <b>أعمل منذ { $days } ي { $hours } س</b>
admin-stats-uptime-hours = <b>أعمل منذ { $hours } س { $minutes } د</b>
admin-stats-uptime-minutes = <b>أعمل منذ { $minutes } د</b>
admin-stats-photos =
    { $count ->
        [zero] لا صور
        [one] صورة واحدة
        [two] صورتان
        [few] { $count } صور
        [many] { $count } صورة
       *[other] { $count } صورة
    }
admin-stats-seen-before = سبقت رؤية { $count }
admin-stats-latency = النصف خلال { NUMBER($p50, maximumFractionDigits: 0) } م.ث، و95 من 100 خلال { NUMBER($p95, maximumFractionDigits: 0) } م.ث
admin-stats-last-minute = { $count } في الدقيقة الأخيرة
# ما عُدّ خلال سنة، وقبل التشغيل الأخير أيضًا؛ failures هي رسائل أُجيبت باعتذار.
admin-stats-year =
    خلال سنة: { $photos ->
        [zero] لا صور
        [one] صورة واحدة
        [two] صورتان
        [few] { $photos } صور
        [many] { $photos } صورة
       *[other] { $photos } صورة
    } · سبقت رؤية { $seen_before } · بلا إجابة { $failures }
admin-stats-model = <b>{ $name }</b>: { $figures }
admin-stats-pending =
    { $count ->
        [zero] لا صور قيد العمل
        [one] صورة واحدة قيد العمل
        [two] صورتان قيد العمل
        [few] { $count } صور قيد العمل
        [many] { $count } صورة قيد العمل
       *[other] { $count } صورة قيد العمل
    }
admin-stats-messages = رسائل في الانتظار: { $waiting } · متروكة: { $given_up }
admin-stats-memory = المجموع { NUMBER($mb, maximumFractionDigits: 0) } ميغابايت
# تحديثات من تيليجرام لم يستطع البوت قراءتها خلال سنة؛ السجل يذكر نوعها.
admin-stats-left-out = تحديثات تعذرت قراءتها: { $count }
admin-stats-unknown-fate = رسائل ربما أُرسلت مرتين: { $count }

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
admin-workers-hint = يغيّر <code>/workers 4</code> ذلك حتى إعادة تشغيلي.
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
