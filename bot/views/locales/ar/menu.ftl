# قوائم الأوامر التي تعرضها تطبيقات تيليجرام: 256 حرفًا على الأكثر، دون تنسيق.

menu-help = ما أستطيع فعله
menu-top = عدد التسميات المعروضة: /top 3
menu-model = أي نموذج يجيب هنا
menu-label = ردًّا على صورة: قول ما فيها
menu-settings = سلوكي هنا
menu-privacy = ما أحتفظ به وما لا أحتفظ به
menu-deletemydata = جعلي أنسى ما أعرفه عنك

# للمشرفين وحدهم.
menu-models = ما هي النماذج المتاحة؛ التبديل
menu-use = التبديل في كل مكان، أو هنا: /use NAME here
menu-pull = تثبيت نموذج منشور: /pull NAME
menu-rollback = العودة إلى النموذج السابق
menu-remove = إزالة نموذج: /remove NAME
menu-reload = النظر من جديد إلى النماذج المثبّتة
menu-stats = ما فعلته، وبأي سرعة، وبماذا
menu-workers = عدد العمليات التي تنظر إلى الصور: /workers 4
menu-ban = تجاهل شخص: /ban ID، أو كردّ
menu-unban = إنهاء التجاهل: /unban ID
