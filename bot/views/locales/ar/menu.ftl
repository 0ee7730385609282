# قوائم الأوامر التي تعرضها تطبيقات تيليجرام: 256 حرفًا على الأكثر، دون تنسيق.

menu-help = ما أستطيع فعله
menu-top = تحديد عدد التسميات المعروضة: /top 3
menu-model = النموذج الذي أستخدمه هنا
menu-label = ردًّا على صورة: أقول ما فيها
menu-teach = تعليمي أشياءك الخاصة: /teach NAME
menu-classes = ما تعلّمته هنا
menu-settings = تغيير طريقة عملي هنا
menu-privacy = ما أحتفظ به وما لا أحتفظ به
menu-deletemydata = حذف كل ما أعرفه عنك

# للمشرفين وحدهم.
menu-models = عرض النماذج والتبديل بينها
menu-use = استخدام نموذج في كل مكان، أو هنا: /use NAME here
menu-pull = تثبيت نموذج منشور: /pull NAME
menu-rollback = العودة إلى النموذج السابق
menu-remove = إزالة نموذج: /remove NAME
menu-reload = فحص النماذج المثبّتة من جديد
menu-stats = الإحصاءات
menu-workers = تحديد عدد عمليات العمل: /workers 2
menu-ban = تجاهل شخص: /ban ID، أو كردّ
menu-unban = إنهاء تجاهل شخص: /unban ID

menu-description =
    أرسل لي صورة وسأقول لك ما الذي يظهر فيها ومدى يقيني.

    في المجموعة، رُدّ على صورة بالأمر /label.
menu-short-description = أرسل لي صورة وسأقول لك ما الذي يظهر فيها.
