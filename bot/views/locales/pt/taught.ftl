# What people taught.

taught-lost = Agora uso outro modelo aqui, por isso voltei a olhar as fotos com que aprendi. O Telegram já não tem algumas delas: { $classes }. Ensine-me essas outra vez, por favor.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
