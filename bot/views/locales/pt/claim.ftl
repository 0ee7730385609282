# A quem abriu o link que define o primeiro administrador, e o que resulta disso.

# $id é o da pessoa.
claim-done = Agora você me administra. /help mostra o que você pode fazer, e escrevo aqui se algo for mal comigo. Para isso guardo seu ID, { $id }. /deletemydata acaba com isso.
claim-already = Você já me administra. /help mostra o que você pode fazer.
claim-refused = Desculpe, este link não funciona. /help mostra o que posso fazer por você.

# Acrescentado ao que /privacy e /deletemydata dizem a quem administra assim.
claim-kept = Você me administra graças a um link, e para isso guardo seu ID. /deletemydata acaba com isso.
claim-ends = Se eu esquecer você, você também deixa de me administrar.
