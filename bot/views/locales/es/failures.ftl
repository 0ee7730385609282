# Por qué no hay etiquetas.

failures-not-an-image = No he podido leer eso como imagen. Valen JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP y TIFF.
failures-empty-file = Ese archivo está vacío. ¿Puedes enviarlo otra vez?
failures-camera-raw = Es un archivo RAW de una cámara y no tiene ninguna vista previa que pueda leer. Envíalo como JPEG, por favor.
failures-truncated-image = Esa imagen está dañada o le falta una parte. ¿Puedes enviarla otra vez?
failures-too-many-pixels = Esa imagen es demasiado grande para mí. Envíame una copia más pequeña, por favor.
failures-too-many-bytes = Ese archivo es demasiado grande para mí: puedo descargar hasta 20 MB. Envíame una copia más pequeña, por favor.
failures-image = No he podido mirar esa imagen. ¿Puedes probar con otra?
failures-unexpected-image = Algo de esa imagen me ha hecho tropezar y lo he anotado. ¿Puedes probar con otra copia?
failures-address-refused = No puedo abrir ese enlace: no está en la web pública.
failures-download = No he podido descargar una imagen de ese enlace. ¿Puedes enviarme la foto misma?
failures-overloaded = Hay tantas fotos esperando que no puedo aceptar otra. Inténtalo de nuevo en un minuto.
failures-deadline-exceeded = Me estaba llevando demasiado tiempo y lo he dejado. Inténtalo de nuevo, o envía una copia más pequeña.
failures-worker-crashed = Algo se ha roto mientras miraba esa imagen. ¿Puedes probar con otra copia?
failures-out-of-memory = No tengo memoria suficiente para esa imagen. Envíame una copia más pequeña, por favor.
failures-pool-closed = Estoy a punto de reiniciarme y no he podido mirar eso. Envíalo de nuevo en un minuto.
failures-not-in-catalog = No conozco ningún modelo publicado con ese nombre.
failures-wrong-file = El archivo que he descargado no es el que se publicó. Quienes me administran pueden arreglarlo.
failures-model-not-found = El modelo que debería responder aquí no está instalado. Quienes me administran pueden arreglarlo.
failures-model-not-built = El modelo que debería responder aquí todavía se está preparando. Inténtalo de nuevo en un momento, por favor.
failures-missing-extra = Al modelo que debería responder aquí le falta un programa que necesita. Quienes me administran pueden arreglarlo.
failures-cluster = Las máquinas que miran las fotos no están disponibles en este momento. Inténtalo de nuevo en unos minutos.
failures-model = El modelo que debería responder aquí no funciona. Quienes me administran pueden arreglarlo.
failures-any = No he podido mirar eso. Inténtalo de nuevo.

# $reference es lo que el registro tiene de este error.
failures-unexpected = Lo siento, algo ha fallado por mi parte. Inténtalo de nuevo. (Referencia: { $reference })
