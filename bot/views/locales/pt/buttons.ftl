# Os botões sob uma resposta, e o que se diz a quem os aperta.

buttons-more = Mais
buttons-less = Menos
buttons-other-model = Outro modelo
buttons-back = Voltar

# Sem formatação, no máximo 200 caracteres.
buttons-looking = Estou olhando de novo com { $model } ...
buttons-forgotten = Não me lembro mais desta resposta. Envie a foto de novo, por favor.
buttons-not-yours = Estes botões são só para quem perguntou e para os administradores deste grupo.
buttons-model-gone = Esse modelo não está mais instalado.
buttons-old = Este botão é antigo demais e não funciona mais. Pergunte de novo, por favor.

# Sob as etiquetas que ficam quando não foi possível usar outro modelo.
buttons-not-looked = <i>{ $model }: { $reason }</i>
