# الأمر /teach والمحادثة التي تليه. $name هو اسم ما أتعلّمه.

# سؤال الموافقة، وتحته الشروط.
teaching-consent = <b>هل يمكنني الاحتفاظ بما أتعلّمه هنا من صورك؟</b>
teaching-consent-for-photo = <b>هل يمكنني تعلّم { $name } من صورتك هذه؟</b> يريد أحد الأعضاء هنا تعليمي بها. لا أحتفظ بشيء منها من دون موافقتك.
teaching-terms =
    <b>ما أحتفظ به:</b> لكل صورة أرقام تصفها، ومعرّفها لدى تيليجرام، ومعرّفك، والاسم. أما الصورة نفسها فلا.
    <b>الغرض:</b> التعرّف على الشيء نفسه في صور لاحقة في هذه المحادثة فقط. ويمكن لمشغّلي أن يبني منها نموذجًا أفضل لهذه المحادثة.
    <b>المدة:</b> حتى تسحبها، أو يُنسى الاسم هنا، أو أُزال من هذه المحادثة.
    <b>من يراها:</b> كل من في هذه المحادثة يرى الأسماء، والصور ما دامت لدى تيليجرام: /classes
    <b>السحب:</b> في أي وقت. يعرض /privacy صورك واحدة واحدة، ويحذف /deletemydata كل شيء.
teaching-agree = موافقة
teaching-refuse = لا
teaching-nothing-kept = حسنًا، لم أحتفظ بشيء.

# أسئلة إلى أن يتوفّر اسم وصور.
teaching-ask-name = ما اسم هذا؟ يُرجى إرسال الاسم.
teaching-ask-name-in-group = ما اسم هذا؟ يُرجى الرد على هذه الرسالة بالاسم.
teaching-ask-photos = يُرجى الآن إرسال صور <b>{ $name }</b>، والأفضل من عدة جهات، ثم الضغط على «تم».
teaching-ask-photos-in-group = يُرجى الآن الرد على هذه الرسالة بصور <b>{ $name }</b>، والأفضل من عدة جهات، ثم الضغط على «تم».
teaching-got = عدد ما لديّ من صور <b>{ $name }</b>: { $count }. يمكن إرسال المزيد، أو الضغط على «تم».
teaching-got-in-group = عدد ما لديّ من صور <b>{ $name }</b>: { $count }. يمكن الرد على هذه الرسالة بالمزيد، أو الضغط على «تم».
teaching-done = تم
teaching-cancel = إلغاء
teaching-learning = أتعلّم الآن <b>{ $name }</b>، وعدد الصور { $count } ...
teaching-asked-sender = سألت المرسل إن كان يمكنني التعلّم من صوره (العدد: { $count }).

# ما تعلّمته. $count هو عدد الصور، و$added عدد الجديد منها.
teaching-known =
    { $count ->
        [zero] أعرف الآن هنا <b>{ $name }</b> (لا صور).
        [one] أعرف الآن هنا <b>{ $name }</b> (صورة واحدة).
        [two] أعرف الآن هنا <b>{ $name }</b> (صورتان).
        [few] أعرف الآن هنا <b>{ $name }</b> ({ $count } صور).
        [many] أعرف الآن هنا <b>{ $name }</b> ({ $count } صورة).
       *[other] أعرف الآن هنا <b>{ $name }</b> ({ $count } صورة).
    }
teaching-known-better = أعرف الآن <b>{ $name }</b> معرفة أفضل (عدد الصور: { $count }، والجديد منها: { $added }).
teaching-known-before = أعرف <b>{ $name }</b> كما كان من قبل (عدد الصور: { $count }).
teaching-held-out = عند استبعاد كل صورة بدورها تعرّفت على { $recognised } من { $total }.
teaching-held-out-nearest = عند استبعاد كل صورة بدورها تعرّفت على { $recognised } من { $total }؛ وأقرب شيء آخر: { $nearest }.
teaching-one-photo = صورة واحدة بداية جيدة. بصورتين أخريين من جهتين مختلفتين أتعرّف عليه أفضل، وأستطيع أن أقول إلى أي حد.
teaching-one-photo-nearest = صورة واحدة بداية جيدة، وأقرب شيء آخر: { $nearest }. بصورتين أخريين من جهتين مختلفتين أتعرّف عليه أفضل، وأستطيع أن أقول إلى أي حد.
teaching-nearest = أقرب شيء آخر: { $nearest }.
teaching-weak = هذا لا يكفي بعد. تساعد صور أخرى، من جهات مختلفة وفي ضوء مختلف.
teaching-two-ways = جرّبت طريقتين للتمييز بين كل ما تعلّمته هنا: متوسط الصور يصيب في { NUMBER($mean, style: "percent", maximumFractionDigits: 0) } من الصور المستبعدة، والمصنّف المدرَّب في { NUMBER($head, style: "percent", maximumFractionDigits: 0) }. أستخدم الأفضل منهما.
teaching-one-of-album = هذه الصورة جزء من ألبوم، ولم يصلني منه غيرها. للتعلّم من كل صوره يُرجى الرد على بقيتها أيضًا بالأمر /teach.
teaching-left-out = صور تركتها: { $count }. { $reason }
teaching-had-already = صور كانت لديّ من قبل: { $count }.
teaching-undo = تراجع
teaching-undone = حسنًا، نسيت ما تعلّمته من ذلك.

# أسئلة عن صور مفردة؛ $number هو رقم الصورة.
teaching-near-copy =
    { $single ->
        [yes] تكاد تطابق صورة لديّ، لذلك لا أتعلّم منها إلا القليل.
       *[no] الصورة { $number } تكاد تطابق صورة لديّ، لذلك لا أتعلّم منها إلا القليل.
    }
teaching-near-copy-remove =
    { $single ->
        [yes] تركها
       *[no] ترك الصورة { $number }
    }
teaching-two-names =
    { $single ->
        [yes] هي أيضًا <b>{ $other }</b> كما تعلّمت من قبل. ما الصحيح؟
       *[no] الصورة { $number } هي أيضًا <b>{ $other }</b> كما تعلّمت من قبل. ما الصحيح؟
    }
teaching-looks-like =
    { $single ->
        [yes] تبدو لي أقرب إلى <b>{ $other }</b>. ما الصحيح؟
       *[no] الصورة { $number } تبدو لي أقرب إلى <b>{ $other }</b>. ما الصحيح؟
    }
teaching-it-is =
    { $single ->
        [yes] { $name }
       *[no] { $number }: { $name }
    }
teaching-both =
    { $single ->
        [yes] كلاهما
       *[no] { $number }: كلاهما
    }
teaching-choice-removed = حسنًا، تركتها.
teaching-choice-made = حسنًا، هذا { $name }.
teaching-choice-both = حسنًا، أحتفظ بكليهما.

# أسباب تمنع التعلّم من صورة.
teaching-no-photo = لا صورة في الرسالة التي جاء الرد عليها. يُرجى الرد على صورة بالأمر <code>/teach Rex</code>، أو إرسال <code>/teach</code> وحده لأطلب الصور.
teaching-elsewhere = هذه الصورة في محادثة أخرى أو في موضوع آخر، وما أتعلّمه يبقى في المحادثة التي أُعطي فيها. يُرجى إرسال الصورة هنا.
teaching-answer-forgotten = لم أعد أعرف أي صورة كانت المقصودة. يُرجى الرد على الصورة نفسها.
teaching-from-web = جاءت هذه الصورة من رابط. يُرجى إرسالها هنا كصورة.
teaching-answer-of-others = يُرجى الرد على الصورة نفسها، حتى أسأل من أرسلها.
teaching-by-channel = نشرت هذا قناة، فلا أحد أستطيع أن أسأله. لا يمكنني التعلّم منه.
teaching-by-anonymous-admin = أرسل هذا مشرف مجهول، فلا أستطيع أن أسأله. لا يمكنني التعلّم منه.
teaching-by-bot = أرسل هذا بوت، ولا يوافق إلا الناس. لا يمكنني التعلّم منه.
teaching-by-former-member = غادر من أرسل هذا، فلا أستطيع أن أسأله. لا يمكنني التعلّم منه.
teaching-as-group = هذه الرسالة باسم مجموعة أو قناة، فلا أعرف صاحبها ولا موافقته. لتعليمي يُرجى الكتابة بالاسم الشخصي.
teaching-in-channel = لا ينشر في القناة شخص بعينه، فلا أحد يوافق على أن أتعلّم من صورة. يُرجى تعليمي في مجموعة أو في محادثة خاصة.

# وهي أيضًا تنبيهات أزرار: بلا تنسيق، 200 حرف على الأكثر.
teaching-admins-only = في هذه المجموعة لا يعلّمني إلا المشرفون. ويمكنهم تغيير ذلك بالأمر /settings.
teaching-not-yours = هذه الأزرار لمن بدأ هذا فقط.
teaching-not-asked = هذا السؤال لشخص آخر.
teaching-no-photos-yet = لم تصلني أي صورة بعد.
teaching-undo-not-yours = لا يتراجع عن هذا إلا من علّمني إياه ومشرفو هذه المجموعة.
teaching-too-late-to-undo = مضت على ذلك أكثر من عشر دقائق. يمكن إزالة الصور بالأمر /classes.
teaching-request-gone = نسيت هذا، فقد مضت عليه أكثر من ساعة أو انتهى. يُرجى إرسال /teach من جديد.
teaching-class-gone = نُسي هذا الاسم في هذه الأثناء.
teaching-photo-gone = أُزيلت هذه الصورة من قبل.
teaching-not-your-photo = لا يسحب هذه الصورة إلا من أعطاها.
teaching-name-taken = يوجد هنا شيء آخر بهذا الاسم.
teaching-nothing-taught = لم أتعلّم هنا ما يكفي لذلك.
teaching-other-network = لا أستطيع مقارنة نموذج إلا إذا صُنع من النموذج الذي يجيب هنا، بالأمر <code>labelbot retrain --taught</code>.
teaching-too-many-classes = لا أستطيع أن أتذكّر هنا أسماء أكثر ({ $limit }). ليُنسَ أحدها أولًا: /classes
teaching-class-full = لا أستطيع أن أتذكّر صورًا أكثر للشيء نفسه ({ $limit }).

# أسباب رفض اسم.
teaching-name-empty = أحتاج إلى اسم فيه حروف أو رمز، مثل <code>/teach Rex</code>.
teaching-name-too-long = هذا الاسم أطول من اللازم: 64 حرفًا على الأكثر.
teaching-name-several-lines = الاسم سطر واحد. يُرجى إرساله من جديد بلا أسطر إضافية.
teaching-name-command = لا يبدأ الاسم بشرطة مائلة، لأنه سيبدو أمرًا.
teaching-name-unreadable = في هذا الاسم رموز لا تُقرأ. يُرجى إرساله من جديد بدونها.

# أسباب ترك صورة.
teaching-photo-no-consent = لم يوافق من أرسلها.
teaching-photo-class-full = لا أستطيع أن أتذكّر صورًا أكثر لهذا.
teaching-photo-model-cannot-learn = النموذج الذي يجيب هنا لا يستطيع التعلّم من الصور، وغيره يستطيع: يُرجى النظر في /settings أو سؤال مشغّلي.

# الأمر /promote. $right و$right_before من صور هذه المحادثة، والأعداد الأخرى من صور لا علاقة لها بها.
teaching-promote-usage = أي نموذج يجيب هنا؟ مثلًا: <code>/promote NAME</code>. ويجب أن يكون مدرّبًا على ما تعلّمته هنا.
teaching-promote-admins-only = لا يختار نموذج هذه المجموعة إلا مشرفوها.
teaching-promoted = يجيب هنا الآن <b>{ $model }</b>، فهو أفضل من { $before }. للرجوع: <code>/rollback here</code>
teaching-not-promoted = ما زال يجيب هنا <b>{ $before }</b>، لأن { $model } ليس أفضل.
teaching-promotion-right = صور هذه المحادثة بالاسم الصحيح: { $model } { $right } من { $total }، { $before } { $right_before } من { $total_before }.
teaching-promotion-mistaken = صور أخرى حُسبت مما هنا: { $model } { $mistaken } من { $total }، { $before } { $mistaken_before } من { $total_before }.
