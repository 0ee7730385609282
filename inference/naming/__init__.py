"""Names of classes: short names in several languages, and the plain kinds that a class belongs to.

Columns of the tables in this folder:
    imagenet.LANGUAGE.tsv: synset, name; the 1,000 classes of ImageNet in their order
    kinds.tsv: kind, parent, synsets; see `inference.naming.derive`
    kinds.LANGUAGE.tsv: kind, name, phrase; the phrase has the article that a headline needs ("a cat")
    imagenet.kinds.tsv: synset, kinds from the narrowest to the widest; written by `inference.naming.derive`
"""
