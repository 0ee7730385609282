# Was Leute beigebracht haben.

taught-lost = Ich benutze hier jetzt ein anderes Modell und habe mir die Fotos, aus denen ich gelernt habe, noch einmal angesehen. Einige davon hat Telegram nicht mehr: { $classes }. Am besten bringt man sie mir noch einmal bei.
# Eine Klasse mit der Zahl ihrer Fotos.
taught-lost-class = { $name } ({ NUMBER($count) })
