# Notices for people and groups over their quota. Also alerts of buttons: no markup, at most 200 characters.

limits-person = That's more than I can handle at once, so I'll skip some of it. Please try again in a minute or two.
limits-group = There's too much going on here for me to answer everything, so I'll skip some of it. Please try again in a minute or two.
