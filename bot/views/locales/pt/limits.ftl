# Dito uma vez a quem pede demais. Os dois textos aparecem também sobre um botão: sem formatação, 200 caracteres.

limits-person = Isso é mais do que consigo olhar de uma vez. Vou deixar uma parte sem resposta; em um ou dois minutos dou conta de novo.
limits-group = Aqui se pede tanto que não consigo responder a tudo. Vou deixar uma parte sem resposta; em um ou dois minutos dou conta de novo.
