package filetypes

import "github.com/ebitengine/purego/objc"

// receive has Finder's event for files (odoc) reach put: the application's delegate, which is the
// graphics library's, is given the method that AppKit looks for when the library sets the delegate.
// put is called on the main thread.
func receive(put func(paths []string)) bool {
	delegate := objc.GetClass("GLFWApplicationDelegate")
	if delegate == 0 {
		return false
	}
	opened := objc.NewIMP(func(_ objc.ID, _ objc.SEL, app, names objc.ID) {
		put(texts(names))
		const success = 0 // NSApplicationDelegateReplySuccess
		app.Send(objc.RegisterName("replyToOpenOrPrint:"), success)
	})
	return delegate.AddMethod(objc.RegisterName("application:openFiles:"), opened, "v@:@@")
}

// texts are the texts of an NSArray of NSString.
func texts(array objc.ID) (all []string) {
	count := objc.Send[uint](array, objc.RegisterName("count"))
	for i := range min(count, maxHanded) {
		text := array.Send(objc.RegisterName("objectAtIndex:"), i)
		all = append(all, objc.Send[string](text, objc.RegisterName("UTF8String")))
	}
	return all
}
