"""The one hand of all pages: tokens, components, template tags, base templates and browser islands."""
