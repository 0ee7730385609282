# /teach, and the conversation that follows it. $name is the name of what is taught.

# The question for consent: who is asked for what, and below it the terms.
teaching-consent = <b>May I keep what I learn from photos that you teach me here?</b>
teaching-consent-for-photo = <b>May I learn { $name } from this photo of yours?</b> Someone here would like to teach me with it. I keep nothing of it unless you agree.
teaching-terms =
    <b>What I keep:</b> for each photo, numbers that describe it, Telegram's id of the photo, your id, and the name. Not the photo itself.
    <b>What for:</b> to recognise the same thing in later photos in this chat, and nowhere else. My operator can build a better model for this chat from it.
    <b>How long:</b> until you take it back, the name is forgotten here, or I'm removed from this chat.
    <b>Who sees it:</b> everyone in this chat sees the names, and the photos for as long as Telegram has them: /classes
    <b>Taking it back:</b> whenever you like. /privacy lists your photos one by one, /deletemydata deletes everything.
teaching-agree = Agree
teaching-refuse = No
teaching-nothing-kept = OK, I've kept nothing.

# Questions until a name and photos are there.
teaching-ask-name = What should I call it? Send me its name.
teaching-ask-name-in-group = What should I call it? Reply to this message with its name.
teaching-ask-photos = Now send me photos of <b>{ $name }</b>, best from several sides. Then tap Done.
teaching-ask-photos-in-group = Now reply to this message with photos of <b>{ $name }</b>, best from several sides. Then tap Done.
teaching-got =
    { $count ->
        [one] I've got { $count } photo of <b>{ $name }</b>. Send me more, or tap Done.
       *[other] I've got { $count } photos of <b>{ $name }</b>. Send me more, or tap Done.
    }
teaching-got-in-group =
    { $count ->
        [one] I've got { $count } photo of <b>{ $name }</b>. Reply to this message with more, or tap Done.
       *[other] I've got { $count } photos of <b>{ $name }</b>. Reply to this message with more, or tap Done.
    }
teaching-done = Done
teaching-cancel = Cancel
teaching-learning =
    { $count ->
        [one] I'm learning <b>{ $name }</b> from { $count } photo ...
       *[other] I'm learning <b>{ $name }</b> from { $count } photos ...
    }
teaching-asked-sender =
    { $count ->
        [one] I've asked whoever sent that photo whether I may learn from it.
       *[other] I've asked whoever sent those { $count } photos whether I may learn from them.
    }

# What was learned. $count is the number of photos of the class by now, and $added of those that were added.
teaching-known =
    { $count ->
        [one] I now know <b>{ $name }</b> here ({ $count } photo).
       *[other] I now know <b>{ $name }</b> here ({ $count } photos).
    }
teaching-known-better =
    { $count ->
        [one] I know <b>{ $name }</b> better now ({ $count } photo, { $added } of them new).
       *[other] I know <b>{ $name }</b> better now ({ $count } photos, { $added } of them new).
    }
teaching-known-before =
    { $count ->
        [one] I know <b>{ $name }</b> as before ({ $count } photo).
       *[other] I know <b>{ $name }</b> as before ({ $count } photos).
    }
teaching-held-out =
    { $recognised ->
        [one] Each held out in turn, { $recognised } of { $total } is recognised.
       *[other] Each held out in turn, { $recognised } of { $total } are recognised.
    }
teaching-held-out-nearest =
    { $recognised ->
        [one] Each held out in turn, { $recognised } of { $total } is recognised; nearest other: { $nearest }.
       *[other] Each held out in turn, { $recognised } of { $total } are recognised; nearest other: { $nearest }.
    }
teaching-one-photo = One photo is a good start. With two more, from other sides, I'll recognise it better and can tell you how well.
teaching-one-photo-nearest = One photo is a good start; the nearest other is { $nearest }. With two more, from other sides, I'll recognise it better and can tell you how well.
teaching-nearest = Nearest other: { $nearest }.
teaching-weak = That isn't good enough yet. More photos will help, from other sides and in other light.
teaching-two-ways = I tried two ways to tell everything I was taught here apart: the average of the photos is right for { NUMBER($mean, style: "percent", maximumFractionDigits: 0) } of the photos held out, a trained classifier for { NUMBER($head, style: "percent", maximumFractionDigits: 0) }. I use the better one.
teaching-one-of-album = That photo is part of an album, and I only got this one of it. Reply to the others with /teach, too, to teach me all of them.
teaching-left-out =
    { $count ->
        [one] I left out { $count } photo. { $reason }
       *[other] I left out { $count } photos. { $reason }
    }
teaching-had-already =
    { $count ->
        [one] I had { $count } of the photos already.
       *[other] I had { $count } of the photos already.
    }
teaching-undo = Undo
teaching-undone = OK, I've forgotten what I learned from that.

# Choices about single photos; $number is the photo's number in the order of the messages; $single says that there is only one.
teaching-near-copy =
    { $single ->
        [yes] It's almost the same as a photo that I have, so it teaches me little.
       *[no] Photo { $number } is almost the same as one that I have, so it teaches me little.
    }
teaching-near-copy-remove =
    { $single ->
        [yes] Leave it out
       *[no] Leave out photo { $number }
    }
teaching-two-names =
    { $single ->
        [yes] It is <b>{ $other }</b> as well, as I was taught before. Which one is it?
       *[no] Photo { $number } is <b>{ $other }</b> as well, as I was taught before. Which one is it?
    }
teaching-looks-like =
    { $single ->
        [yes] It looks more like <b>{ $other }</b> to me. Which one is it?
       *[no] Photo { $number } looks more like <b>{ $other }</b> to me. Which one is it?
    }
teaching-it-is =
    { $single ->
        [yes] It's { $name }
       *[no] { $number }: { $name }
    }
teaching-both =
    { $single ->
        [yes] Both
       *[no] { $number }: both
    }
# Alerts after a choice.
teaching-choice-removed = OK, I've left it out.
teaching-choice-made = OK, it's { $name }.
teaching-choice-both = OK, I keep both.

# Reasons why a photo cannot be taught.
teaching-no-photo = There's no photo in the message that you replied to. Reply to a photo with <code>/teach Rex</code>, or send <code>/teach</code> alone, and I'll ask you for photos.
teaching-elsewhere = That photo is in another chat or topic, and what I learn stays in the chat where it was given. Please send the photo here.
teaching-answer-forgotten = I no longer know which photo that was about. Please reply to the photo itself.
teaching-from-web = That image came from a link. Please send it here as a photo.
teaching-answer-of-others = Please reply to the photo itself, so that I can ask whoever sent it.
teaching-by-channel = A channel posted that, so there's nobody whom I could ask. It cannot be taught.
teaching-by-anonymous-admin = An anonymous admin sent that, so I can't ask them. It cannot be taught.
teaching-by-bot = A bot sent that, and only people can agree that I learn from their photos. It cannot be taught.
teaching-by-former-member = Whoever sent that has left, so I can't ask them. It cannot be taught.
teaching-as-group = You're writing in the name of a group or channel, so I can't tell who you are and whether you agree. Please write as yourself to teach me.
teaching-in-channel = Nobody in particular posts in a channel, so there's nobody who could agree that I learn from a photo. Please teach me in a group or in a private chat.

# Reasons from the list of taught names; also alerts of buttons, without markup and at most 200 characters.
teaching-admins-only = In this group only admins may teach me. They can change that with /settings.
teaching-not-yours = Only the person who started this can use these buttons.
teaching-not-asked = This question is for someone else.
teaching-no-photos-yet = I haven't got a photo yet.
teaching-undo-not-yours = Only the person who taught this and this group's admins can undo it.
teaching-too-late-to-undo = That was more than ten minutes ago. You can remove photos with /classes.
teaching-request-gone = I've forgotten about this, as it was more than an hour ago or is done. Please send /teach again.
teaching-class-gone = That name has been forgotten meanwhile.
teaching-photo-gone = That photo has been removed already.
teaching-not-your-photo = Only the person who gave this photo can take it back.
teaching-name-taken = There is something else with that name here already.
teaching-nothing-taught = I haven't been taught enough here for that.
teaching-other-network = I can compare a model only if it was made from the model that answers here, with <code>labelbot retrain --taught</code>.
teaching-too-many-classes = I know as many names here as I can remember ({ $limit }). Forget one first: /classes
teaching-class-full = That would be more photos of one thing than I can remember ({ $limit }).

# Reasons to refuse a name.
teaching-name-empty = I need a name with letters or a symbol in it, like <code>/teach Rex</code>.
teaching-name-too-long = That name is too long: it may have 64 characters at most.
teaching-name-several-lines = A name has only one line. Please send it again without line breaks.
teaching-name-command = A name can't begin with a slash, as it would look like a command.
teaching-name-unreadable = There are characters in that name that can't be read. Please send it again without them.

# Reasons to leave a photo out.
teaching-photo-no-consent = The person who sent it hasn't agreed.
teaching-photo-class-full = I have as many photos of this as I can remember.
teaching-photo-model-cannot-learn = The model that answers here can't learn from photos. Another one can: see /settings or ask my operator.

# /promote. $right and $before are numbers of photos of this chat out of $total; the others, of unrelated photos.
teaching-promote-usage = Tell me which model should answer here, like this: <code>/promote NAME</code>. It must be trained on what I was taught here.
teaching-promote-admins-only = Only admins of this group can choose its model.
teaching-promoted = <b>{ $model }</b> answers here now: it is better than { $before }. To go back: <code>/rollback here</code>
teaching-not-promoted = <b>{ $before }</b> still answers here: { $model } is not better.
teaching-promotion-right = Photos of this chat, named right: { $model } { $right } of { $total }, { $before } { $right_before } of { $total_before }.
teaching-promotion-mistaken = Unrelated photos, taken for something taught here: { $model } { $mistaken } of { $total }, { $before } { $mistaken_before } of { $total_before }.
