# Answers to a person who opens the link for the first admin.

# $id: id of that person.
claim-done = You are my admin now. /help shows what you can do, and I'll write to you here if something is wrong with me. For that I keep your id, { $id }. /deletemydata ends it.
claim-already = You are my admin already. /help shows what you can do.
claim-refused = Sorry, this link does not work. /help shows what I can do for you.

# Added to /privacy and /deletemydata for an admin by the link.
claim-kept = You became my admin by a link, and I keep your id for that. /deletemydata ends it.
claim-ends = If I forget you, you are no longer my admin either.
