# What people taught.

taught-lost = أستخدم هنا الآن نموذجًا آخر، فنظرت مجددًا إلى الصور التي تعلّمت منها. بعضها لم يعد موجودًا في تيليغرام: { $classes }. علّموني إياها مرة أخرى من فضلكم.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
