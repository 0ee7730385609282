# Por que não há etiquetas.

failures-not-an-image = Não consegui ler isso como imagem. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP e TIFF funcionam.
failures-empty-file = Esse arquivo está vazio. Você pode enviá-lo de novo?
failures-camera-raw = Isso é um arquivo RAW de câmera e não tem uma prévia que eu consiga ler. Envie como JPEG, por favor.
failures-truncated-image = Essa imagem está danificada, ou falta uma parte dela. Pode enviar de novo?
failures-too-many-pixels = Essa imagem é grande demais para mim. Envie uma cópia menor, por favor.
failures-too-many-bytes = Esse arquivo é grande demais para mim: consigo baixar até 20 MB. Envie uma cópia menor, por favor.
failures-image = Não consegui olhar essa imagem. Pode tentar com outra?
failures-unexpected-image = Algo nessa imagem me fez tropeçar, e anotei o caso. Pode tentar outra cópia dela?
failures-address-refused = Não consigo abrir esse link: ele não está na web pública.
failures-download = Não consegui baixar uma imagem desse link. Pode enviar a própria foto?
failures-overloaded = Há tantas fotos esperando que não posso aceitar mais uma. Tente de novo em um minuto.
failures-deadline-exceeded = Isso estava demorando demais, então desisti. Tente de novo, ou envie uma cópia menor.
failures-worker-crashed = Algo quebrou enquanto eu olhava essa imagem. Pode tentar com outra cópia?
failures-out-of-memory = Não tenho memória suficiente para essa imagem. Envie uma cópia menor, por favor.
failures-pool-closed = Estou para reiniciar e não consegui olhar isso. Envie de novo em um minuto.
failures-not-in-catalog = Não conheço nenhum modelo publicado com esse nome.
failures-wrong-file = O arquivo que baixei não é o que foi publicado. Quem me administra pode resolver isso.
failures-model-not-found = O modelo que deveria responder aqui não está instalado. Quem me administra pode resolver isso.
failures-model-not-built = O modelo que deveria responder aqui ainda está sendo preparado. Tente de novo daqui a pouco, por favor.
failures-missing-extra = Falta ao modelo que deveria responder aqui um programa de que ele precisa. Quem me administra pode resolver isso.
failures-cluster = As máquinas que olham as fotos não estão acessíveis no momento. Tente de novo em alguns minutos.
failures-model = O modelo que deveria responder aqui não funciona. Quem me administra pode resolver isso.
failures-any = Não consegui olhar isso. Tente de novo.

# $reference é o que o registro tem deste erro.
failures-unexpected = Desculpe, algo deu errado do meu lado. Tente de novo. (Referência: { $reference })
