"""Writes all tables of this folder; table.py says what they hold."""
import convolution
import elementwise
import layers
import losses
import optimizers
import reductions
import structure
from table import save

for module in (elementwise, reductions, structure, losses, convolution):
    save(module.__name__, module.cases())
optimizers.write()
layers.write()
