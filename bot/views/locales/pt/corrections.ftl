# Se uma resposta está certa: o que as pessoas dizem.

# Botões: sem formatação e curtos.
corrections-right = Certo
corrections-wrong = Errado
corrections-which = Qual destes é?
corrections-album = Certo ou errado?
corrections-something-else = Outra coisa
corrections-take-back = Retirar
corrections-back = Voltar
# Um botão que já foi tocado; $what é um dos textos acima ou um nome.
corrections-pressed = ✓ { $what }
corrections-pressed-by = ✓ { $what } · { $count }

# Uma linha abaixo da resposta enquanto seus botões perguntam.
corrections-which-photo = De qual foto você está falando?
corrections-is-photo-right = Foto { $number }: acertei?
corrections-said-right = Você já disse que acertei. Quer retirar?
corrections-what-is-it = O que é?
corrections-what-is-photo = Foto { $number }: o que é?
corrections-type = Responda a esta mensagem com o nome.
corrections-type-in-private = Envie o nome.
corrections-type-again = Responda com um nome de no máximo { $most } caracteres, em uma única linha.

# Uma linha abaixo da resposta: o que as pessoas dizem que é.
corrections-corrected = Corrigido: <b>{ $name }</b>
corrections-corrected-photo = Foto { $number } corrigida: <b>{ $name }</b>
corrections-unknown-name = Anotei que errei, mas não sei o que é <b>{ $name }</b>. Para me ensinar, responda à foto com <code>/teach { $name }</code>

# Para quem tocou um botão: sem formatação, no máximo 200 caracteres.
corrections-noted-right = Obrigado! Anotei que acertei.
corrections-noted-wrong = Obrigado! Anotei que errei. O que é?
corrections-noted-name = Obrigado! Anotado: { $name }
corrections-taken-back = Certo, esqueci o que você disse sobre isso.
corrections-nothing-said = Você não disse nada sobre isso.
corrections-type-now = Anotei que errei. Agora responda à minha mensagem com o nome.
corrections-type-now-in-private = Anotei que errei. Agora envie o nome.
corrections-closed = Não pergunto mais sobre esta foto.
