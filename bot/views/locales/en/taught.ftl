# What people taught.

taught-lost = I use another model here now, so I looked again at the photos that I learned from. Telegram no longer has some of them: { $classes }. Please teach me those again.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
