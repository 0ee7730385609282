# Qué pasa con los mensajes que no se pudieron responder a tiempo.

inbox-too-old = Lo siento, no estaba y me perdí lo que enviaste. Envíalo otra vez si todavía quieres una respuesta.
inbox-retired = Lo siento, lo intenté varias veces y no pude responder a esto. No lo envíes otra vez; quienes me administran ya lo saben.

# A quienes administran el bot; $id es el de la actualización, como en el registro.
inbox-retired-for-admins =
    { $count ->
        [one] He abandonado la actualización { $id }: me reiniciaron { $count } vez mientras trabajaba en ella. El registro dice más.
       *[other] He abandonado la actualización { $id }: me reiniciaron { $count } veces mientras trabajaba en ella. El registro dice más.
    }
