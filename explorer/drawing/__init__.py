"""Matplotlib figures and Pillow pictures. Nothing here imports tkinter or pyplot.

latent_map  the points and axes of one map            labels     names of classes on it
scales      colour bars and lists of names on it      morph      points between two maps
snapshot    the whole view as a PNG                   page       its page: legend, status, texts
class_sheet some images of each class
map_file    one map or two as PNG or SVG              losses     the loss curves of a training run
picture     images as pixels, dots, strips            sheet      contact sheets
pair        what two decoders make of one image       pin_card   pictures of a pinned image
themes      colours of the themes and the classes     fonts      fonts for letters that Matplotlib lacks
exports     a space as a file or a folder, by its name   web_page   a page that decodes in a browser
projector   a folder for the Embedding Projector      icon       the icon of the program
palette     own colours of the classes                turn       points while the map's plane turns
stamps      dots painted into pixels, for morph and turn  curves   curves in a small plot
kept_text   a canvas that lays out each text once
"""
