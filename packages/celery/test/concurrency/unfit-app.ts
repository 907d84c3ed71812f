/** An app's module that cannot be imported. */
throw new Error('this module has a fault of its own')
