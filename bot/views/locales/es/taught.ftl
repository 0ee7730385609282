# What people taught.

taught-lost = Ahora uso otro modelo aquí, así que he vuelto a mirar las fotos con las que aprendí. Telegram ya no tiene algunas: { $classes }. Enséñamelas otra vez, por favor.
# A class with its number of photos.
taught-lost-class = { $name } ({ NUMBER($count) })
