# An alle, die den Link geöffnet haben, der den ersten Admin bestimmt, und was daraus wird.

# $id ist deren ID.
claim-done = Du bist jetzt mein Admin. /help zeigt, was du tun kannst, und ich schreibe dir hier, wenn mit mir etwas nicht stimmt. Dafür speichere ich deine ID, { $id }. /deletemydata beendet das.
claim-already = Du bist schon mein Admin. /help zeigt, was du tun kannst.
claim-refused = Entschuldigung, dieser Link funktioniert nicht. /help zeigt, was ich für dich tun kann.

# Ergänzt, was /privacy und /deletemydata solchen Admins sagen.
claim-kept = Du bist durch einen Link mein Admin geworden, und dafür speichere ich deine ID. /deletemydata beendet das.
claim-ends = Wenn ich dich vergesse, bist du auch nicht mehr mein Admin.
