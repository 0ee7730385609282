# Dito uma vez a quem pede demais. Os dois textos aparecem também sobre um botão: sem formatação, 200 caracteres.

limits-person = Isso é mais do que dou conta de uma vez, então vou pular uma parte. Tente de novo em um ou dois minutos.
limits-group = Aqui há movimento demais para eu responder a tudo, então vou pular uma parte. Tente de novo em um ou dois minutos.
