# Por que não há etiquetas.

failures-not-an-image = Não consegui ler isso como imagem. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP e TIFF funcionam.
failures-empty-file = Esse arquivo está vazio. Você pode enviá-lo de novo?
failures-truncated-image = Essa imagem está danificada, ou falta uma parte dela. Pode enviar de novo?
failures-too-many-pixels = Essa imagem tem mais pixels do que consigo olhar. Uma cópia menor vai funcionar.
failures-too-many-bytes = Esse arquivo é grande demais para mim: consigo baixar até 20 MB. Uma cópia menor vai funcionar.
failures-image = Não consegui olhar essa imagem. Pode tentar com outra?
failures-unexpected-image = Tropecei nessa imagem e anotei o caso. Pode tentar outra cópia dela?
failures-address-refused = Só olho endereços públicos que começam com http:// ou https://.
failures-download = Não consegui obter uma imagem desse endereço. Pode enviar a própria foto?
failures-overloaded = Há tantas fotos esperando que não posso aceitar mais uma. Tente de novo em um minuto.
failures-deadline-exceeded = Isso estava demorando demais, então desisti. Tente de novo, ou envie uma cópia menor.
failures-worker-crashed = Algo quebrou enquanto eu olhava essa imagem. Pode tentar com outra cópia?
failures-out-of-memory = Não tenho memória suficiente para olhar essa imagem. Uma cópia menor vai funcionar.
failures-pool-closed = Estou para reiniciar e não consegui olhar isso. Envie de novo em um minuto.
failures-not-in-catalog = Não conheço nenhum modelo publicado com esse nome.
failures-wrong-file = O que veio de lá não é o arquivo que foi publicado. Quem me administra pode resolver isso.
failures-model-not-found = O modelo que deveria responder aqui não está instalado. Quem me administra pode resolver isso.
failures-model-not-built = O modelo que deveria responder aqui ainda está sendo preparado. Tente de novo daqui a pouco, por favor.
failures-missing-extra = Falta ao modelo que deveria responder aqui um programa de que ele precisa. Quem cuida de mim pode resolver isso.
failures-model = O modelo que deveria responder aqui não funciona. Quem me administra pode resolver isso.
failures-any = Não consegui olhar isso. Tente de novo.

# $reference é o que o registro tem deste erro.
failures-unexpected = Desculpe, algo deu errado do meu lado. Tente de novo. (Referência: { $reference })
